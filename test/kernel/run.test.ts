import assert from "node:assert/strict";
import { AsyncResource } from "node:async_hooks";
import { describe, it } from "node:test";
import {
  currentRuntime,
  detached,
  InvalidArgument,
  NestedRun,
  run,
  ScopeEnded,
  sleep,
  withTaskGroup,
} from "../../src/index.ts";
import { runProgram, signalsOn, type ChildOptions, type Ended } from "../fixtures/child.ts";

const program = (name: string, options: ChildOptions = {}): Promise<Ended> =>
  runProgram("run-programs.ts", { ...options, args: [name] });

// All begun here, so that they run beside each other; each test looks at its own.
const ended = {
  interrupted: program("cleanup", { onOutput: signalsOn(["ready", "SIGINT"]) }),
  terminated: program("cleanup", { onOutput: signalsOn(["ready", "SIGTERM"]) }),
  twice: program("slow-cleanup", { onOutput: signalsOn(["ready", "SIGINT"], ["cleaning", "SIGTERM"]) }),
  grace: program("grace", { onOutput: signalsOn(["ready", "SIGTERM"]) }),
  value: program("value", { onOutput: signalsOn(["ready", "SIGINT"]) }),
  noSignals: program("no-signals", { onOutput: signalsOn(["ready", "SIGINT"]) }),
  listeners: program("listeners"),
  sideBySide: program("side-by-side", { onOutput: signalsOn(["ready", "SIGINT"]) }),
  background: program("background"),
  service: program("service"),
  deadlock: program("deadlock"),
  fedByServices: program("fed-by-services"),
  deadlockInCleanup: program("deadlock-in-cleanup"),
  taskOfService: program("task-of-a-service"),
  timer: program("timer-keeps-alive"),
  backgroundTimer: program("background-lets-go"),
  error: program("error"),
  worker: program("worker"),
};

describe("run", () => {
  it("gives what main returns and throws what it throws", async () => {
    assert.equal(await run(() => sleep(1).then(() => "value")), "value");
    const error = new Error("mine");
    await assert.rejects(
      run(() => Promise.reject(error)),
      (caught) => caught === error,
    );
  });

  it("has a runtime of its own, which has ended with it", async () => {
    const outside = currentRuntime();
    let late = (): Promise<void> => Promise.resolve();
    const inside = await run(() => {
      late = () =>
        currentRuntime()
          .background.spawn(() => {})
          .join();
      return currentRuntime();
    });
    assert.notEqual(inside, outside);
    assert.equal(inside.stats().tasks, 0);
    assert.throws(() => inside.background.spawn(() => {}), { code: "TSY_CLOSED_GROUP" });
    await late();
  });

  it("throws NestedRun inside a live run, also in tasks, background tasks and detached code", async () => {
    await run(async () => {
      await assert.rejects(
        run(() => 1),
        NestedRun,
      );
      await withTaskGroup(
        (group) =>
          void group.spawn(() =>
            assert.rejects(
              run(() => 1),
              NestedRun,
            ),
          ),
      );
      await assert.rejects(
        detached(() => run(() => 1)),
        NestedRun,
      );
      await currentRuntime()
        .background.spawn(() =>
          assert.rejects(
            run(() => 1),
            NestedRun,
          ),
        )
        .join();
    });
  });

  it("may follow a run, and stand beside one", async () => {
    assert.equal(await run(() => 1), 1);
    assert.deepEqual(await Promise.all([run(() => sleep(1)), run(() => 2)]), [undefined, 2]);
  });

  it("throws for a main that is no function and a grace period that is no number", async () => {
    await assert.rejects(run(undefined as never), InvalidArgument);
    await assert.rejects(
      run(() => 1, { graceMs: Number.NaN }),
      InvalidArgument,
    );
  });

  it("refuses waits of handlers that outlive it", async () => {
    let handler = (): Promise<unknown> => Promise.resolve();
    await run(() => {
      handler = AsyncResource.bind(() => sleep(1));
    });
    await assert.rejects(handler(), ScopeEnded);
  });

  it("fails the process with main's error", async () => {
    const { code, errors } = await ended.error;
    assert.equal(code, 1);
    assert.match(errors, /main failed/);
  });

  it("cancels background tasks when main has ended, and waits for their clean-up", async () => {
    const { code, output } = await ended.background;
    assert.deepEqual([code, output], [0, "main ends\nbackground cleaned up\nrun ended\n"]);
  });

  it("waits for the clean-up of services", async () => {
    const { code, output } = await ended.service;
    assert.deepEqual([code, output], [0, "service cleaned up\nrun ended\n"]);
  });

  it("keeps the process alive for an ordinary task that a service has started", async () => {
    const { code, output } = await ended.taskOfService;
    assert.deepEqual([code, output], [0, "worked\nrun ended\n"]);
  });
});

describe("Signals", () => {
  it("the first SIGINT cancels main, waits for clean-up, services last, and exits with 130", async () => {
    const { code, output } = await ended.interrupted;
    assert.deepEqual([code, output], [130, "ready\ntask cleaned up\nservice cleaned up\n"]);
  });

  it("the first SIGTERM does the same with 143", async () => {
    const { code, output } = await ended.terminated;
    assert.deepEqual([code, output], [143, "ready\ntask cleaned up\nservice cleaned up\n"]);
  });

  it("the second signal exits at once, with its own code", async () => {
    const { code, output } = await ended.twice;
    assert.deepEqual([code, output], [143, "ready\ncleaning\n"]);
  });

  it("when the grace period is over, the tree of what is stuck is printed and the process exits", async () => {
    const { code, errors } = await ended.grace;
    assert.equal(code, 143);
    assert.match(errors, /clean-up after SIGTERM took longer than 30 ms/);
    assert.match(errors, /stuck driver cancelling \("SIGTERM"\) running user code since/);
  });

  it("a main that returns a value after all gets to go on, and the exit code is set", async () => {
    const { code, output } = await ended.value;
    assert.deepEqual([code, output], [130, "ready\nvalue after all\n"]);
  });

  it("are left alone where signals is false", async () => {
    const { code, output } = await ended.noSignals;
    assert.deepEqual([code, output], [0, "ready\nmine\nwent on\n"]);
  });

  it("are listened for only while a run is live", async () => {
    const { output } = await ended.listeners;
    assert.equal(output, "inside 2\nafter 0\n");
  });

  it("reach all runs side by side, and the process exits when the last has cleaned up", async () => {
    const { code, output } = await ended.sideBySide;
    assert.equal(code, 130);
    assert.match(output, /quick cleaned up/);
    assert.match(output, /slow cleaned up/);
  });

  it("are not touched in a worker thread", async () => {
    const { code, output } = await ended.worker;
    assert.deepEqual([code, output], [0, "listeners 0\nworker ended\n"]);
  });
});

describe("The end of the process", () => {
  it("with every task waiting is a deadlock: reported with the tree, and the exit code says so", async () => {
    const { code, errors } = await ended.deadlock;
    assert.ok(code !== 0 && code !== null, String(code));
    assert.match(errors, /TSY_DEADLOCK: every task waits/);
    assert.match(errors, /consumer waiting: orders/);
  });

  it("does not come while main waits for what a service's timer will bring", async () => {
    const { code, output } = await ended.fedByServices;
    assert.deepEqual([code, output], [0, "from a service\nfrom a started service\n"]);
  });

  it("by a second deadlock, in clean-up, is no success", async () => {
    const { code } = await ended.deadlockInCleanup;
    assert.notEqual(code, 0);
  });

  it("waits for the timers of ordinary tasks", async () => {
    const { code, output } = await ended.timer;
    assert.deepEqual([code, output], [0, "slept\n"]);
  });

  it("does not wait for those of background tasks", async () => {
    const { code, output } = await ended.backgroundTimer;
    assert.deepEqual([code, output], [0, "end of program\n"]);
  });
});
