/** The laws about waiting, a test or more for each, named by the law. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  Barrier,
  Cancelled,
  CapacityLimiter,
  checkpoint,
  Condition,
  currentRuntime,
  Event,
  forEach,
  Future,
  Lock,
  map,
  Queue,
  RateLimiter,
  Semaphore,
  sleep,
  until,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import { formatTree, snapshot } from "../../src/inspect.ts";
import { virtual } from "../../src/testing.ts";

/** An operation of each kind that need not wait. */
function readyOperations(): Record<string, () => Promise<unknown>> {
  const event = new Event();
  event.set();
  const future = new Future<number>();
  future.resolve(1);
  const full = new Queue<number>({ capacity: Infinity });
  for (let i = 0; i < 10; i++) full.tryPut(i);
  return {
    checkpoint: () => checkpoint(),
    "sleep of 0": () => sleep(0),
    "lock.acquire": () => new Lock().acquire(),
    "semaphore.acquire": () => new Semaphore(1).acquire(),
    "limiter.acquire": () => new CapacityLimiter(1).acquire(),
    "event.wait": () => event.wait(),
    "barrier.wait": () => new Barrier(1).wait(),
    "future.wait": () => future.wait(),
    "queue.put": () => new Queue<number>({ capacity: 1 }).put(1),
    "queue.get": () => full.get(),
    "queue.join": () => new Queue<number>({ capacity: 1 }).join(),
    "rateLimiter.take": () => new RateLimiter({ limit: 1, intervalMs: 1 }).take(1),
    "until of a settled promise": () => until(Promise.resolve(1)),
  };
}

describe("Waiting", () => {
  it("law 19: one door: nothing above the kernel makes waits by other means than park", () => {
    const root = join(import.meta.dirname, "../..");
    const files = globSync("src/{sync,flow}/**/*.ts", { cwd: root });
    assert.ok(files.length > 20, `only ${files.length} files`);
    for (const file of files) {
      const text = readFileSync(join(root, file), "utf8").replace(/\/\*\*[^]*?\*\//g, "");
      assert.doesNotMatch(text, /Promise\.race|setTimeout|addWait\(|\.firstWait/, file);
    }
  });

  it(
    "law 20: FIFO: locks, semaphores, limiters and queues are fair, and nobody barges",
    virtual(async () => {
      const lock = new Lock();
      const semaphore = new Semaphore(1);
      const limiter = new CapacityLimiter(1);
      for (const acquire of [() => lock.acquire(), () => semaphore.acquire(), () => limiter.acquire()]) {
        const order: number[] = [];
        await withTaskGroup(async (group) => {
          const first = await acquire();
          for (let i = 0; i < 5; i++) {
            group.spawn(async () => {
              const hold = await acquire();
              order.push(i);
              await checkpoint();
              hold.release();
            });
          }
          first.release();
          // Comes when the permit is free or on its way: it must not overtake.
          const barging = await acquire();
          order.push(99);
          barging.release();
        });
        assert.deepEqual(order, [0, 1, 2, 3, 4, 99]);
      }
    }),
  );

  it(
    "law 21: every async function of ours is a cancellation point, also when it need not wait",
    virtual(async () => {
      for (const [name, operation] of Object.entries(readyOperations())) {
        await withCancelScope(async (scope) => {
          scope.cancel();
          await assert.rejects(operation(), Cancelled, name);
        });
      }
    }),
  );

  it(
    "law 21: what can complete at once does so without a turn of the event loop",
    virtual(async () => {
      for (const [name, operation] of Object.entries(readyOperations())) {
        if (name === "sleep of 0") continue;
        await sleep(0);
        let turned = false;
        currentRuntime().callSoon(() => {
          turned = true;
        });
        await operation();
        assert.ok(!turned, name);
      }
    }),
  );

  it(
    "law 22: the event loop is never starved: after 512 operations the next one takes a turn",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: Infinity });
      const lock = new Lock();
      const loops: Record<string, () => Promise<unknown>> = {
        checkpoint,
        queue: async () => {
          await queue.put(1);
          await queue.get();
        },
        lock: async () => (await lock.acquire()).release(),
        group: () => withTaskGroup(() => {}),
        "scope that returns": () => withCancelScope(() => {}),
        "scope that throws": () =>
          withCancelScope(() => {
            throw new Error("mine");
          }).catch(() => {}),
        "group that throws": () =>
          withTaskGroup(() => {
            throw new Error("mine");
          }).catch(() => {}),
        "limit that has passed": () => withTimeoutOr(0, () => sleep(1), undefined),
        map: () => map([1], (item) => item),
        forEach: () => forEach([1], () => {}),
      };
      for (const [name, step] of Object.entries(loops)) {
        await sleep(0);
        let turned = false;
        currentRuntime().callSoon(() => {
          turned = true;
        });
        let steps = 0;
        while (!turned && steps < 5_000) {
          await step();
          steps++;
        }
        assert.ok(steps <= 600, `${name}: ${steps} steps without a turn`);
      }
    }),
  );

  it(
    "law 23: every wait has a label: what, on which object, since when; a task shows all it is in",
    virtual(async () => {
      const orders = new Queue<number>({ capacity: 1, name: "orders" });
      const accounts = new Lock({ name: "accounts" });
      const condition = new Condition();
      await withTaskGroup(async (group) => {
        const hold = await accounts.acquire();
        group.spawn("consumer", () => Promise.all([orders.get(), accounts.acquire()]));
        group.spawn("watcher", () => condition.with(() => condition.wait()));
        await sleep(1_200);
        const text = formatTree();
        assert.match(text, /consumer waiting: .*orders.*accounts.* since 1\.2 s/);
        assert.match(text, /watcher waiting: .*condition/);
        const waits = JSON.stringify(snapshot());
        assert.match(waits, /"ageMs":1200/);
        hold.release();
        group.cancelTasks();
      });
    }),
  );

  it("law 24: all blocked, nothing to come is a deadlock, reported with the tree", async () => {
    const program = virtual(() =>
      withTaskGroup((group) => {
        group.spawn("consumer", () => new Queue<number>({ capacity: 1, name: "orders" }).get());
      }),
    );
    await assert.rejects(program(), (error: Error) => {
      assert.match(error.message, /TSY_DEADLOCK/);
      assert.match(error.message, /consumer waiting: .*orders/);
      return true;
    });
  });
});
