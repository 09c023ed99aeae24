import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkpoint,
  Queue,
  Semaphore,
  sleep,
  suppressedErrors,
  TaskCancelled,
  withTaskGroup,
} from "../../src/index.ts";
import { park } from "../../src/lowlevel.ts";
import { explore, InjectedFault } from "../../src/testing.ts";
import { failureOf } from "./failure-of.ts";

/** Runs tasks that count how they end, and gives the distinct ends over all runs with a fault. */
async function ends(
  faults: object,
  task: () => Promise<void>,
): Promise<{ seen: Set<string>; faultRuns: number }> {
  const seen = new Set<string>();
  const { faultRuns } = await explore({ runs: 1, faults }, async () => {
    let steps = "";
    await withTaskGroup((group) => {
      group.spawn("only", async () => {
        try {
          steps += "begin ";
          await task();
          steps += "end";
        } catch (error) {
          steps += error instanceof InjectedFault ? "thrown" : "cancelled";
          throw error;
        }
      });
    }).finally(() => seen.add(steps));
  });
  return { seen, faultRuns };
}

describe("faults.cancel", () => {
  it("cancels a task as it is spawned, at each of its waits, and as each of them is woken", async () => {
    let step = 0;
    const reached = new Set<number>();
    const { seen, faultRuns } = await ends({ cancel: true }, async () => {
      step = 0;
      try {
        for (; step < 3; step++) await sleep(1);
      } finally {
        reached.add(step);
      }
    });
    // Spawned; three times as it parks, while all wait, and as it is woken. One woken at its last wait meets no other.
    assert.equal(faultRuns, 10);
    assert.deepEqual([...seen].sort(), ["begin cancelled", "begin end"]);
    assert.deepEqual(
      [...reached].sort((a, b) => a - b),
      [0, 1, 2, 3],
    );
  });

  it("also strikes where an operation completes at once: the next wait meets it", async () => {
    const error = await failureOf({ runs: 1, faults: { cancel: true } }, async () => {
      const [first, second] = [new Semaphore(1), new Semaphore(1)];
      await withTaskGroup((group) => {
        group.spawn("taker", async () => {
          const one = await first.acquire();
          const two = await second.acquire();
          two.release();
          one.release();
        });
      });
      assert.equal(first.stats().free, 1);
    });
    assert.match(error.message, /that of production except step 2: taker is cancelled as it is woken/);
    assert.equal(error.tape.deviations.length, 1);
  });

  it("strikes while all wait, when others stand behind the one that is struck", async () => {
    /** A lock that hands itself to whoever is first in line, also when that one has gone. */
    class Forgetful {
      readonly #line: (() => void)[] = [];
      #held = false;

      async acquire(): Promise<void> {
        if (!this.#held) this.#held = true;
        else await park<void>("forgetful lock", (wake) => (this.#line.push(wake), () => {}));
      }

      release(): void {
        const next = this.#line.shift();
        if (next === undefined) this.#held = false;
        else next();
      }
    }
    const error = await failureOf({ runs: 1, faults: { cancel: true } }, async () => {
      const lock = new Forgetful();
      await withTaskGroup((group) => {
        for (const name of ["a", "b", "c"]) {
          group.spawn(name, async () => {
            await lock.acquire();
            try {
              await sleep(10);
            } finally {
              lock.release();
            }
          });
        }
      });
    });
    assert.equal(error.kind, "deadlock");
    assert.match(error.message, /except step \d+: b is cancelled while (all wait|it waits the 1st time)/);
  });

  it("does not fail a run with its own consequences: the cancellation of a task that somebody joins", async () => {
    await explore({ faults: { cancel: true } }, async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn("worker", () => sleep(1));
        await task.join();
      });
    });
  });

  it("fails a run with what the program makes of it", async () => {
    const error = await failureOf({ faults: { cancel: true } }, async () => {
      await withTaskGroup(async (group) => {
        const task = group.spawn("worker", () => sleep(1));
        await task.join().catch((reason: unknown) => {
          assert.ok(reason instanceof TaskCancelled);
          throw new Error("no result");
        });
      });
    });
    assert.equal((error.cause as Error).message, "no result");
  });
});

describe("What a fault brings about", () => {
  const options = { runs: 1, faults: { cancel: true, throw: true } };
  const struck = (task: () => Promise<void>): Promise<void> =>
    withTaskGroup(async (group) => {
      await group.spawn("victim", task).join();
    });

  it("passes when it is wrapped, gathered or suppressed with others of its kind", async () => {
    await explore(options, () =>
      struck(() => sleep(1)).catch((cause: unknown) => Promise.reject(new Error("no", { cause }))),
    );
    await explore(options, () => struck(() => Promise.any([sleep(1), sleep(1)])));
    await explore(options, () =>
      struck(async () => {
        await using _ = { [Symbol.asyncDispose]: () => sleep(1) };
        await sleep(1);
      }),
    );
  });

  it("fails the run when there is one error of the program among it", async () => {
    const mine = new Error("mine");
    const gathered = await failureOf(options, () =>
      struck(() => sleep(1)).catch((error: unknown) => Promise.reject(new AggregateError([error, mine]))),
    );
    assert.ok(gathered.cause instanceof AggregateError);
    const kept = await failureOf(options, () =>
      withTaskGroup((group) => {
        group.spawn("victim", () => sleep(2));
        group.spawn("other", async () => {
          await sleep(5).catch(() => {
            throw mine; // a clean-up that fails
          });
        });
      }),
    );
    assert.ok(kept.cause === mine || suppressedErrors(kept.cause).errors.includes(mine));
  });
});

describe("faults.throw", () => {
  it("makes each wait throw once, and leaves the primitive as if nobody had waited", async () => {
    const { seen, faultRuns } = await ends({ throw: true }, async () => {
      await sleep(1);
      await checkpoint();
      await sleep(1);
    });
    assert.equal(faultRuns, 2);
    assert.deepEqual([...seen].sort(), ["begin end", "begin thrown"]);
    await explore({ faults: { throw: true } }, async () => {
      const queue = new Queue<number>({ capacity: 1 });
      try {
        await withTaskGroup(async (group) => {
          group.spawn("consumer", () => queue.get());
          await sleep(1);
          queue.tryPut(1);
        });
      } finally {
        assert.equal(queue.stats().getters, 0);
      }
    });
  });
});

describe("faults.slowClockMs", () => {
  it("lets the clock overshoot by so much, and no wait end early", async () => {
    const late = new Set<number>();
    await explore({ faults: { slowClockMs: 50 } }, async (t) => {
      await sleep(10);
      late.add(t.now());
    });
    assert.deepEqual(
      [...late].sort((a, b) => a - b),
      [10, 15, 60],
    );
  });

  it("finds what takes time for granted", async () => {
    const error = await failureOf({ faults: { slowClockMs: 100 } }, async (t) => {
      const leaseUntil = t.now() + 30;
      await sleep(10);
      assert.ok(t.now() < leaseUntil, "the lease has run out");
    });
    assert.match(error.message, /FIFO except step 1: the clock is late/);
  });
});

describe("Runs with a fault", () => {
  it("are bounded by maxFaultRuns, and made in every place and kind below it", async () => {
    const body = async (): Promise<void> => {
      await withTaskGroup((group) => {
        for (let i = 0; i < 3; i++) group.spawn(() => sleep(1));
      });
    };
    const runs = async (maxFaultRuns?: number): Promise<number> => {
      const bound = maxFaultRuns === undefined ? {} : { maxFaultRuns };
      return (await explore({ runs: 1, faults: { cancel: true, throw: true }, ...bound }, body))
        .faultRuns;
    };
    assert.equal(await runs(), 15);
    assert.equal(await runs(15), 15);
    assert.equal(await runs(14), 14);
    assert.equal(await runs(0), 0);
  });

  it("meet every schedule of an exhaustive search, one fault at a time", async () => {
    const seen = new Set<string>();
    const { method } = await explore({ runs: 1_000, faults: { cancel: true } }, async () => {
      let order = "";
      await withTaskGroup((group) => {
        for (const name of "ab") {
          group.spawn(name, async () => {
            await checkpoint();
            await checkpoint();
            order += name;
          });
        }
      });
      seen.add(order);
    });
    assert.equal(method, "exhaustive");
    assert.deepEqual([...seen].sort(), ["a", "ab", "b", "ba"]);
  });
});
