/** The smaller parts of tsyncio/testing: hosts, the sequencer, the assertions, tapes for fast-check. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  checkpoint,
  currentRuntime,
  InvalidArgument,
  Lock,
  Queue,
  sleep,
  withDeadline,
  TimeoutError,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import {
  assertCancellationPoint,
  assertNothingAlive,
  BrokenSequence,
  explore,
  NoCancellationPoint,
  Sequencer,
  simulate,
  SimulationFailed,
  StillAlive,
  Tape,
  tapes,
  virtual,
} from "../../src/testing.ts";

describe("A simulated host", () => {
  it("has a wall clock of its own, also in what it spawns, and the time of all", async () => {
    await simulate(async (t) => {
      const ahead = t.host("ahead", { skewMs: 5_000 });
      const behind = t.host("behind", { skewMs: -5_000 });
      const here = Date.now();
      const read = (): Promise<number> => withTaskGroup((group) => group.spawn(() => Date.now()).join());
      assert.equal((await ahead.run(read)) - here, 5_000);
      assert.equal((await behind.run(read)) - here, -5_000);
      assert.equal(await ahead.run(() => performance.now()), performance.now());
      assert.equal(Date.now(), here);
      await ahead.run(() => sleep(10));
      assert.equal(t.now(), 10);
    })();
  });

  it("may be set at any time, and turns a Date into an instant by its own clock", async () => {
    await simulate(async (t) => {
      const host = t.host("b");
      const at = new Date(Date.now() + 100);
      host.skewMs = 60;
      assert.equal(host.skewMs, 60);
      await assert.rejects(
        host.run(() => withDeadline(at, () => sleep(1_000))),
        TimeoutError,
      );
      assert.equal(t.now(), 40);
    })();
  });

  it("stands in the tree below the one who runs code on it, and is cancelled with that", async () => {
    await simulate(async (t) => {
      const host = t.host("replica");
      const result = await withTimeoutOr(10, () => host.run(() => sleep(1_000)), "cancelled");
      assert.equal(result, "cancelled");
      assert.equal(t.now(), 10);
    })();
    await assert.rejects(
      explore(async (t) => t.host("replica").run(() => new Promise(() => {}))),
      /replica running user code/,
    );
  });

  it("refuses a skew that is no number", async () => {
    await simulate(async (t) => {
      assert.throws(() => t.host("x", { skewMs: Number.NaN }), InvalidArgument);
      assert.throws(() => t.host("x", { skewMs: Infinity }), /skewMs of host "x" is Infinity/);
    })();
  });
});

describe("Sequencer", () => {
  it("runs parts of several tasks in the order of their places, under every schedule", async () => {
    await explore({ runs: 500 }, async () => {
      const sequencer = new Sequencer();
      let order = "";
      const part = (place: number) => async (): Promise<void> => {
        await checkpoint();
        await sequencer.at(place, async () => {
          order += place;
          await checkpoint();
          order += ".";
        });
      };
      await withTaskGroup((group) => {
        for (const place of [2, 0, 1]) group.spawn(part(place));
      });
      assert.equal(order, "0.1.2.");
      assert.deepEqual(sequencer.stats(), { next: 3, waiters: 0 });
    });
  });

  it("gives what the part returns, throws what it throws, and goes on after that", async () => {
    const sequencer = new Sequencer();
    assert.equal(await sequencer.at(0, () => 42), 42);
    await assert.rejects(
      sequencer.at(1, () => Promise.reject(new RangeError("no"))),
      RangeError,
    );
    assert.equal(await sequencer.at(2, async () => "still"), "still");
  });

  it(
    "breaks when one that waits for its place is cancelled, or comes in a cancelled scope",
    virtual(async () => {
      for (const late of [true, false]) {
        const sequencer = new Sequencer();
        await withTaskGroup(async (group) => {
          const task = group.spawn("first", async () => {
            if (!late) await checkpoint();
            await sequencer.at(1, () => {});
          });
          const third = group.spawn(() =>
            assert.rejects(
              sequencer.at(2, () => {}),
              BrokenSequence,
            ),
          );
          if (late) await sleep(1);
          task.cancel();
          await third.join();
        });
        await assert.rejects(
          sequencer.at(3, () => {}),
          /the one at place 1 of the sequencer was cancelled/,
        );
      }
    }),
  );

  it("refuses a place that is taken, and one that is none", async () => {
    const sequencer = new Sequencer();
    await sequencer.at(0, () => {});
    await assert.rejects(
      sequencer.at(0, () => {}),
      /place 0 of the sequencer is taken/,
    );
    for (const place of [-1, 0.5, Number.NaN])
      await assert.rejects(
        sequencer.at(place, () => {}),
        InvalidArgument,
      );
    await assert.rejects(sequencer.at(1, null as never), InvalidArgument);
  });
});

describe("assertCancellationPoint", () => {
  it(
    "passes for every async operation of ours, also where it need not wait",
    virtual(async () => {
      const queue = new Queue<number>({ capacity: 1 });
      const lock = new Lock();
      await assertCancellationPoint(() => queue.put(1));
      assert.equal(queue.size, 0);
      await assertCancellationPoint(() => lock.acquire());
      await assertCancellationPoint(() => sleep(0));
      await assertCancellationPoint(() => checkpoint());
    }),
  );

  it("throws for one that returns, and for one that throws something else", async () => {
    const busy = async function busy(): Promise<number> {
      return 5;
    };
    await assert.rejects(assertCancellationPoint(busy), (error: unknown) => {
      assert.ok(error instanceof NoCancellationPoint);
      assert.match(error.message, /busy in a cancelled scope returned 5, .* await checkpoint\(\)/);
      return true;
    });
    const swallows = (): Promise<void> => checkpoint().catch(() => Promise.reject(new Error("other")));
    await assert.rejects(assertCancellationPoint(swallows), /threw Error: other/);
    await assert.rejects(assertCancellationPoint(null as never), InvalidArgument);
  });
});

describe("assertNothingAlive", () => {
  it(
    "passes where only the calling code and the scopes around it are alive",
    virtual(async () => {
      assertNothingAlive();
      await withTaskGroup(async (group) => {
        assertNothingAlive();
        await group.spawn(() => assertNothingAlive()).join();
      });
      await withTimeoutOr(5, async () => assertNothingAlive(), undefined);
    }),
  );

  it(
    "throws with the tree for a sibling, a background task, a service, a stray wait",
    virtual(async () => {
      const alive = (): void =>
        assert.throws(assertNothingAlive, (error: unknown) => {
          assert.ok(error instanceof StillAlive);
          assert.match(error.message, /left-over|sleep/);
          return true;
        });
      await withTaskGroup((group) => {
        group.spawn("left-over", () => sleep(1));
        alive();
      });
      await withTaskGroup((group) => {
        group.spawnService("left-over", () => sleep(Infinity));
        alive();
      });
      const background = currentRuntime().background.spawn("left-over", () => sleep(1));
      alive();
      await background.join();
      const stray = sleep(1);
      alive();
      await stray;
      assertNothingAlive();
    }),
  );

  it("is a method of a simulation too", async () => {
    await assert.rejects(
      explore(async (t) => {
        t.assertNothingAlive();
        await withTaskGroup((group) => {
          group.spawn("left-over", () => sleep(1));
          t.assertNothingAlive();
        });
      }),
      (error: unknown) => error instanceof SimulationFailed && error.cause instanceof StillAlive,
    );
  });
});

describe("tapes", () => {
  const overtakes = async (tape: Tape): Promise<boolean> => {
    let overtaken = false;
    await explore({ tape }, async () => {
      let first = false;
      await withTaskGroup((group) => {
        group.spawn("first", async () => {
          await checkpoint();
          first = true;
        });
        group.spawn("second", async () => {
          for (let i = 0; i < 3; i++) await checkpoint();
          overtaken = !first;
        });
      });
    });
    return overtaken;
  };

  it("are an arbitrary that finds a schedule, and shrinks to one choice", async () => {
    const found = await fc.check(
      fc.asyncProperty(tapes(fc), async (tape) => !(await overtakes(tape))),
      { seed: 1, numRuns: 500 },
    );
    assert.equal(found.failed, true);
    const [tape] = found.counterexample ?? [];
    assert.equal(tape?.deviations.length, 1);
    assert.equal(await overtakes(Tape.of([])), false);
  });

  it("are as long, and their choices as high, as they may be", () => {
    const drawn = fc.sample(tapes(fc, { maxLength: 3, maxChoice: 1 }), { numRuns: 50, seed: 1 });
    const deviations = drawn.flatMap((tape) => tape.deviations);
    assert.ok(deviations.every(({ step, choice }) => step <= 3 && choice === 1));
    assert.ok(deviations.length > 10);
  });
});
