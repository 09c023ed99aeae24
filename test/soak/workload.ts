/** What the soak runs, round after round: every part says how many tasks it began and how each kind of them has to end. */
import assert from "node:assert/strict";
import {
  all,
  Cancelled,
  ContextVar,
  currentRuntime,
  currentSignal,
  Lock,
  map,
  Queue,
  race,
  Semaphore,
  sleep,
  suppressedErrors,
  TaskCancelled,
  until,
  withCancelScope,
  withShield,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";

/** How many tasks have ended in which way, and what else was counted. */
export class Tally {
  tasks = 0;
  done = 0;
  failed = 0;
  cancelled = 0;
  items = 0;
  timeouts = 0;
  calls = 0;

  add(other: Tally): void {
    this.tasks += other.tasks;
    this.done += other.done;
    this.failed += other.failed;
    this.cancelled += other.cancelled;
    this.items += other.items;
    this.timeouts += other.timeouts;
    this.calls += other.calls;
  }

  /** Runs a task's function and counts its end. */
  async counted<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    this.tasks++;
    try {
      const value = await fn();
      this.done++;
      return value;
    } catch (error) {
      if (error instanceof Cancelled) this.cancelled++;
      else this.failed++;
      throw error;
    }
  }
}

const TASKS = 1_000;
const requestId = new ContextVar<number>("requestId");

async function sleepers(tally: Tally): Promise<void> {
  await withTaskGroup((group) => {
    for (let i = 0; i < TASKS; i++) group.spawn(() => tally.counted(() => sleep(i % 4)));
  });
  assert.equal(tally.done, TASKS);
}

async function traffic(tally: Tally): Promise<void> {
  const queue = new Queue<number>({ capacity: 16 });
  let sum = 0;
  await withTaskGroup((group) => {
    for (let producer = 0; producer < 4; producer++) {
      const out = queue.producer();
      group.spawn(() =>
        tally.counted(async () => {
          using _ = out;
          for (let i = 0; i < TASKS; i++) await out.put(i);
        }),
      );
    }
    for (let consumer = 0; consumer < 8; consumer++) {
      group.spawn(() =>
        tally.counted(async () => {
          for await (const item of queue) {
            sum += item;
            tally.items++;
          }
        }),
      );
    }
  });
  assert.equal(sum, (4 * TASKS * (TASKS - 1)) / 2);
}

async function limits(tally: Tally): Promise<void> {
  let inTime = 0;
  await withTaskGroup((group) => {
    for (let i = 0; i < TASKS; i++) {
      group.spawn(() =>
        tally.counted(async () => {
          const ended = await withTimeoutOr(
            1,
            () => sleep(i % 2 === 0 ? 0 : 60_000).then(() => true),
            false,
          );
          if (ended) inTime++;
          else tally.timeouts++;
        }),
      );
    }
  });
  assert.equal(inTime + tally.timeouts, TASKS);
  assert.ok(tally.timeouts >= TASKS / 2);
}

async function cancellations(tally: Tally): Promise<void> {
  await withTaskGroup((group) => {
    for (let i = 0; i < TASKS; i++) group.spawn(() => tally.counted(() => sleep(60_000)));
    group.cancelTasks("enough");
  });
  await withCancelScope((scope) =>
    withTaskGroup((group) => {
      const never = new Queue<number>({ capacity: 1 });
      for (let i = 0; i < TASKS; i++) {
        group.spawn(() =>
          tally.counted(async () => {
            try {
              await never.get();
            } finally {
              await withShield(1_000, () => sleep(1));
            }
          }),
        );
      }
      currentRuntime().callLater(1, () => scope.cancel("enough"));
    }),
  );
  assert.equal(tally.cancelled, 2 * TASKS);
}

async function failures(tally: Tally): Promise<void> {
  const first = new Error("the first failure");
  const thrown = await withTaskGroup((group) => {
    for (let i = 0; i < 100; i++) {
      group.spawn(() =>
        tally.counted(async () => {
          try {
            await sleep(i === 50 ? 0 : 60_000);
          } catch (cancelled) {
            throw i % 10 === 0 ? new Error("a later one") : cancelled;
          }
          throw first;
        }),
      );
    }
  }).catch((error: unknown) => error);
  assert.equal(thrown, first);
  assert.equal(suppressedErrors(first).count, 9);
}

async function contention(tally: Tally): Promise<void> {
  const lock = new Lock();
  const semaphore = new Semaphore(3);
  let inside = 0;
  await withTaskGroup((group) => {
    for (let i = 0; i < TASKS; i++) {
      group.spawn(() =>
        tally.counted(async () => {
          using _permit = await semaphore.acquire();
          using _ = await lock.acquire();
          assert.equal(++inside, 1);
          if (i % 20 === 0) await sleep(0);
          inside--;
        }),
      );
    }
  });
  assert.equal(lock.isHeld, false);
  assert.equal(semaphore.stats().free, 3);
}

async function combinators(tally: Tally): Promise<void> {
  const doubled = await map(
    Array.from({ length: TASKS }, (_, i) => i),
    (i) => tally.counted(() => requestId.run(i, async () => (await sleep(0), requestId.get() * 2))),
    { concurrency: 64 },
  );
  assert.equal(doubled[TASKS - 1], 2 * TASKS - 2);
  for (let i = 0; i < 100; i++) {
    const [one, fastest] = await all([
      () => tally.counted(() => 1),
      () => race([() => tally.counted(() => "hare"), () => tally.counted(() => sleep(60_000))]),
    ]);
    assert.deepEqual([one, fastest], [1, "hare"]);
  }
}

async function platform(tally: Tally): Promise<void> {
  const runtime = currentRuntime();
  for (let i = 0; i < TASKS; i++) runtime.callLater(60_000, () => {}).cancel();
  await withTaskGroup((group) => {
    for (let i = 0; i < 100; i++) {
      runtime.callSoon(() => {
        tally.calls++;
      });
      const task = group.spawn(() =>
        tally.counted(() =>
          until(
            (signal) =>
              new Promise<void>((resolve) =>
                signal.addEventListener("abort", () => resolve(), { once: true }),
              ),
          ),
        ),
      );
      group.spawn(() =>
        tally.counted(async () => {
          assert.equal(currentSignal().aborted, false);
          await sleep(1);
          task.cancel();
          await task.join().catch((error: unknown) => assert.ok(error instanceof TaskCancelled));
        }),
      );
    }
  });
}

const parts = [sleepers, traffic, limits, cancellations, failures, contention, combinators, platform];

/** One round of everything: a good ten thousand tasks, all parts at the same time. */
export async function round(total: Tally): Promise<void> {
  await withTaskGroup((group) => {
    for (const part of parts) {
      group.spawn(part.name, async () => {
        const tally = new Tally();
        await part(tally);
        total.add(tally);
      });
    }
  });
}
