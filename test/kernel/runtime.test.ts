import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  currentRuntime,
  detached,
  InvalidArgument,
  sleep,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("callSoon", () => {
  it(
    "calls back in the next turn, in order, and not before",
    virtual(async () => {
      const log: string[] = [];
      currentRuntime().callSoon(() => log.push("first"));
      currentRuntime().callSoon(() => log.push("second"));
      await Promise.resolve();
      log.push("microtask");
      await sleep(0);
      assert.deepEqual(log, ["microtask", "first", "second"]);
    }),
  );

  it(
    "hands what the callback throws to onUnhandled, and calls the others",
    virtual(async (time) => {
      const error = new Error("callback");
      let called = false;
      currentRuntime().callSoon(() => {
        throw error;
      });
      currentRuntime().callSoon(() => {
        called = true;
      });
      await sleep(1);
      assert.deepEqual([called, time.takeUnhandled()], [true, [error]]);
    }),
  );

  it(
    "throws InvalidArgument for what is no function",
    virtual(() => {
      assert.throws(() => currentRuntime().callSoon(5 as never), InvalidArgument);
    }),
  );
});

describe("callLater", () => {
  it(
    "calls back at its time, never before, in the order of instants",
    virtual(async (time) => {
      const log: string[] = [];
      for (const ms of [30, 10, 20])
        currentRuntime().callLater(ms, () => log.push(`${ms} at ${time.now()}`));
      await sleep(50);
      assert.deepEqual(log, ["10 at 10", "20 at 20", "30 at 30"]);
    }),
  );

  it(
    "is not called when it was cancelled; cancelling twice or afterwards does nothing",
    virtual(async () => {
      let calls = 0;
      const kept = currentRuntime().callLater(1, () => calls++);
      const dropped = currentRuntime().callLater(1, () => calls++);
      dropped.cancel();
      dropped.cancel();
      await sleep(5);
      kept.cancel();
      assert.equal(calls, 1);
    }),
  );

  it(
    "hands what the callback throws to onUnhandled, and other timers still fire",
    virtual(async (time) => {
      const error = new Error("callback");
      currentRuntime().callLater(1, () => {
        throw error;
      });
      await sleep(1);
      assert.deepEqual(time.takeUnhandled(), [error]);
    }),
  );

  it(
    "of 0 ms that calls itself again lets the event loop turn in between",
    virtual(async () => {
      const log: string[] = [];
      const runtime = currentRuntime();
      runtime.callLater(0, () => {
        log.push("first");
        runtime.callSoon(() => log.push("turn"));
        runtime.callLater(0, () => log.push("second"));
      });
      await sleep(10);
      assert.deepEqual(log, ["first", "turn", "second"]);
    }),
  );

  it(
    "takes Infinity for never and negative for now, and throws for NaN",
    virtual(async () => {
      let calls = 0;
      currentRuntime().callLater(Infinity, () => calls++);
      currentRuntime().callLater(-5, () => calls++);
      await sleep(1);
      assert.equal(calls, 1);
      assert.throws(() => currentRuntime().callLater(Number.NaN, () => {}), InvalidArgument);
      assert.throws(() => currentRuntime().callLater(1, undefined as never), InvalidArgument);
    }),
  );

  it(
    "is called whatever becomes of the scope that asked for it",
    virtual(async () => {
      let called = false;
      await withCancelScope(async (scope) => {
        currentRuntime().callLater(5, () => {
          called = true;
        });
        scope.cancel();
      });
      await sleep(10);
      assert.ok(called);
    }),
  );
});

describe("stats", () => {
  it(
    "counts live tasks and armed timers, and both are 0 when all has ended",
    virtual(async () => {
      const { tasks, timers } = currentRuntime().stats();
      assert.deepEqual([tasks, timers], [0, 0]);
      await withTaskGroup(async (group) => {
        for (let i = 0; i < 3; i++) group.spawn(() => sleep(10));
        group.spawnService(() => sleep(20));
        const stats = currentRuntime().stats();
        assert.deepEqual([stats.tasks, stats.timers], [4, 4]);
        await withTimeoutOr(1, () => sleep(5), undefined);
        assert.equal(currentRuntime().stats().timers, 4);
      });
      const after = currentRuntime().stats();
      assert.deepEqual([after.tasks, after.timers], [0, 0]);
    }),
  );

  it("of the platform's runtime are numbers", () => {
    const { lagMs, maxLagMs, utilisation } = currentRuntime().stats();
    assert.ok(lagMs >= 0 && maxLagMs >= lagMs);
    assert.ok(Number.isNaN(utilisation) || (utilisation >= 0 && utilisation <= 1));
  });
});

describe("onUnhandled", () => {
  it(
    "receives the failures of background tasks, and the others live on",
    virtual(async (time) => {
      const { background } = currentRuntime();
      const error = new Error("background");
      const other = background.spawn(() => sleep(10).then(() => "lived on"));
      background.spawn(() => {
        throw error;
      });
      assert.equal(await other.join(), "lived on");
      assert.deepEqual(time.takeUnhandled(), [error]);
    }),
  );

  it(
    "that throws loses neither error",
    virtual(async (time) => {
      const [error, broken] = [new Error("background"), new Error("reporter")];
      currentRuntime().onUnhandled = () => {
        throw broken;
      };
      currentRuntime().background.spawn(() => {
        throw error;
      });
      await sleep(1);
      assert.deepEqual(time.takeUnhandled(), [error, broken]);
    }),
  );
});

describe("detached", () => {
  it(
    "runs where no cancellation or deadline of the caller reaches",
    virtual(async () => {
      let done = false;
      await withTimeoutOr(
        5,
        async () => {
          void detached(async () => {
            await sleep(20);
            done = true;
          });
          await sleep(100);
        },
        undefined,
      );
      await sleep(50);
      assert.ok(done);
    }),
  );

  it(
    "gives what its function returns, and throws what it throws",
    virtual(() => {
      assert.equal(
        detached(() => 5),
        5,
      );
      assert.throws(
        () =>
          detached(() => {
            throw new Error("mine");
          }),
        /mine/,
      );
      assert.throws(() => detached(undefined as never), InvalidArgument);
    }),
  );
});

describe("Instruments", () => {
  it(
    "hear of spawns, ends, waits and cancellations",
    virtual(async () => {
      const log: string[] = [];
      currentRuntime().addInstrument({
        taskSpawned: (task) => void log.push(`spawned ${task.name}`),
        taskEnded: (task, state) => void log.push(`${task.name} ${state}`),
        waitStarted: (scope, label) => void log.push(`${scope.name} waits: ${label}`),
        waitEnded: (scope, label) => void log.push(`${scope.name} waited: ${label}`),
        scopeCancelled: (scope, reason) => void log.push(`${scope.name} cancelled: ${String(reason)}`),
      });
      await withTaskGroup(async (group) => {
        const task = group.spawn("job", () => sleep(10));
        task.cancel("why");
      });
      assert.deepEqual(log.filter((line) => line.includes("job")).toSorted(), [
        "job cancelled",
        "job cancelled: why",
        "job waited: sleep",
        "job waits: sleep",
        "spawned job",
      ]);
    }),
  );

  it(
    "hear nothing after they were removed",
    virtual(async () => {
      let calls = 0;
      const instrument = { taskSpawned: () => void calls++ };
      currentRuntime().addInstrument(instrument);
      currentRuntime().removeInstrument(instrument);
      await withTaskGroup((group) => void group.spawn(() => {}));
      assert.equal(calls, 0);
    }),
  );
});
