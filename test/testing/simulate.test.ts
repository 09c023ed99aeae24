import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, it } from "node:test";
import {
  checkpoint,
  InvalidArgument,
  Lock,
  NestedRun,
  Queue,
  run,
  sleep,
  withTaskGroup,
} from "../../src/index.ts";
import {
  explore,
  NestedSimulation,
  Nondeterminism,
  simulate,
  SimulationFailed,
  TapeMismatch,
  virtual,
} from "../../src/testing.ts";
import { UniformGuide } from "../../src/testing/guides.ts";
import { Explorer } from "../../src/testing/explore.ts";
import { readOptions } from "../../src/testing/options.ts";
import { RandomStream } from "../../src/testing/random-stream.ts";
import { Tape, TapeGuide } from "../../src/testing/tape.ts";
import { draws, drawsText } from "../draws.ts";
import { failureOf } from "./failure-of.ts";

/** Tasks that meet at a queue and a lock, with helpers of different depths between their waits. */
async function program(log: string[]): Promise<void> {
  const queue = new Queue<number>({ capacity: 1 });
  const lock = new Lock();
  const deep = async (depth: number): Promise<void> => {
    if (depth === 0) await checkpoint();
    else await deep(depth - 1);
  };
  await withTaskGroup((group) => {
    group.spawn(async () => {
      using out = queue.producer();
      for (let item = 0; item < 4; item++) {
        await out.put(item);
        log.push(`put ${item}`);
      }
    });
    for (const name of ["x", "y"]) {
      group.spawn(async () => {
        for await (const item of queue) {
          await deep(item);
          using _ = await lock.acquire();
          log.push(`${name} has ${item}`);
          await Promise.resolve();
          log.push(`${name} ends ${item}`);
          await sleep(0);
        }
      });
    }
  });
}

/** Two tasks of which the second must not overtake the first, and does under one schedule only. */
async function overtaking(): Promise<void> {
  let first = false;
  await withTaskGroup((group) => {
    group.spawn("first", async () => {
      await checkpoint();
      first = true;
    });
    group.spawn("second", async () => {
      for (let i = 0; i < 3; i++) await checkpoint();
      assert.ok(first, "overtaken");
    });
  });
}

describe("The first run of a simulation", () => {
  it("takes the order of production, to the last microtask", async () => {
    // A real turn that takes long puts off what completes in it (law 22): on a busy machine one of several may.
    const real: string[] = [];
    for (let count = 0; count < 5; count++) {
      const log: string[] = [];
      await program(log);
      real.push(log.join());
    }
    const simulated: string[] = [];
    await explore({ runs: 1 }, () => program(simulated));
    assert.equal(simulated.length, 12);
    assert.ok(real.includes(simulated.join()), `${simulated.join()}\n${real.join("\n")}`);
  });

  it("is the only one where one is asked for", async () => {
    let bodies = 0;
    const exploration = await explore({ runs: 1 }, () => bodies++);
    assert.deepEqual(exploration, { method: "one run", runs: 1, schedules: 1, faultRuns: 0, seed: 0 });
    assert.equal(bodies, 1);
  });
});

describe("Virtual time", () => {
  it("jumps when everything is blocked, and starts at 0 in the year 2000 in every run", async () => {
    await simulate({ runs: 5 }, async (t) => {
      assert.equal(t.now(), 0);
      assert.equal(new Date().toISOString(), "2000-01-01T00:00:00.000Z");
      await sleep(86_400_000);
      assert.equal(t.now(), 86_400_000);
      assert.equal(new Date().toISOString(), "2000-01-02T00:00:00.000Z");
    })();
  });

  it("is moved by t.advance, and what is due meanwhile happens at its instant", async () => {
    await simulate(async (t) => {
      const seen: number[] = [];
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          for (const ms of [10, 20, 30]) {
            await sleep(ms);
            seen.push(t.now());
          }
        });
        await t.advance(30);
        assert.deepEqual(seen, [10, 30]);
        await t.advance(29);
        assert.deepEqual(seen, [10, 30]);
        await t.advance(1);
        assert.deepEqual(seen, [10, 30, 60]);
      });
    })();
  });

  it("stands still while t.settled waits for the others to be blocked", async () => {
    await simulate({ runs: 50 }, async (t) => {
      let steps = 0;
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          for (; steps < 5; steps++) await checkpoint();
          await sleep(5);
        });
        await t.settled();
        assert.equal(steps, 5);
        assert.equal(t.now(), 0);
      });
    })();
  });
});

describe("Exploring", () => {
  it("goes through all schedules where they are few, and says how many", async () => {
    const orders = new Set<string>();
    const exploration = await explore(async () => {
      let order = "";
      await withTaskGroup((group) => {
        for (const name of "abc") {
          group.spawn(name, async () => {
            await checkpoint();
            order += name;
          });
        }
      });
      orders.add(order);
    });
    assert.equal(orders.size, 6);
    assert.deepEqual(exploration, { method: "exhaustive", runs: 7, schedules: 7, faultRuns: 0, seed: 0 });
  });

  it("draws schedules where they are many, as many as there are to be runs", async () => {
    for (const strategy of ["auto", "random", "pct"] as const) {
      const exploration = await explore({ runs: 60, strategy }, () => program([]));
      assert.equal(exploration.method, "random");
      assert.equal(exploration.runs, 60);
      assert.ok(exploration.schedules > 40, `${strategy}: ${exploration.schedules}`);
    }
  });

  it("says that going through all schedules did not come to its end", async () => {
    const exploration = await explore({ runs: 30, strategy: "exhaustive" }, () => program([]));
    assert.equal(exploration.method, "depth first");
    assert.equal(exploration.runs, 30);
  });

  it("draws the same schedules for the same seed, and others for another", async () => {
    const logs = async (seed: number): Promise<string[]> => {
      const all: string[] = [];
      await explore({ runs: 20, seed, strategy: "random" }, async () => {
        const log: string[] = [];
        await program(log);
        all.push(log.join());
      });
      return all;
    };
    assert.deepEqual(await logs(1), await logs(1));
    assert.notDeepEqual(await logs(1), await logs(2));
  });

  it("answers Math.random and t.random from one stream, the same in each run of a seed", async () => {
    const drawn = async (seed: number): Promise<Set<string>> => {
      const all = new Set<string>();
      await explore({ runs: 10, seed }, async (t) => {
        await program([]);
        all.add([Math.random(), t.random(), Math.random()].join());
      });
      return all;
    };
    const first = await drawn(1);
    assert.equal(first.size, 1);
    assert.deepEqual(await drawn(1), first);
    assert.notDeepEqual(await drawn(2), first);
  });

  it("tells node:test what it did", async () => {
    const said: string[] = [];
    const context = { diagnostic: (message: string) => said.push(message) };
    const hear = (test: () => Promise<void>): Promise<void> =>
      (test as (context: object) => Promise<void>)(context);
    await hear(simulate(() => program([])));
    await hear(simulate(checkpoint));
    await hear(
      simulate({ runs: 1, faults: { cancel: true } }, () =>
        withTaskGroup((group) => group.spawn(checkpoint)),
      ),
    );
    assert.match(said[0] ?? "", /^simulated \d+ different schedules in 100 runs, drawn from seed 0$/);
    assert.deepEqual(said.slice(1), [
      "simulated the only schedule",
      "simulated the schedule of production, and 2 runs with a fault",
    ]);
  });
});

describe("A failure", () => {
  it("is shrunk to the choices that matter, and says them", async () => {
    const error = await failureOf({ runs: 1_000, strategy: "random" }, overtaking);
    assert.equal(error.kind, "error");
    assert.equal(error.tape.deviations.length, 1);
    assert.match(error.message, /FIFO except step 1: task second before first\n/);
    assert.ok(error.cause instanceof assert.AssertionError);
  });

  it("comes back with its tape, as an object and as text, and with the same tape", async () => {
    const { tape, kind } = await failureOf({ runs: 1_000 }, overtaking);
    for (const again of [tape, tape.toString()]) {
      const error = await failureOf({ tape: again }, overtaking);
      assert.equal(error.kind, kind);
      assert.deepEqual(error.tape, tape);
      assert.match(error.message, /found in the tape/);
    }
  });

  it("refuses the tape of another program, whether that one fails or passes", async () => {
    const { tape } = await failureOf({ runs: 1_000 }, overtaking);
    await assert.rejects(
      explore({ tape }, () => program([])),
      TapeMismatch,
    );
    const failing = async (): Promise<void> => {
      await program([]);
      throw new Error("for another reason");
    };
    await assert.rejects(explore({ tape }, failing), TapeMismatch);
    await assert.rejects(
      explore({ tape }, () => {}),
      /a run of \d+ choices, .* of 0 choices or among other operations\. If you changed the program/,
    );
  });

  it(`is replayed exactly, from each of ${drawsText(1_000)} seeds`, async () => {
    const explorer = new Explorer(readOptions("explore", {}), async (t) => {
      const queue = new Queue<number>({ capacity: 1 });
      await withTaskGroup((group) => {
        group.spawn("put", async () => {
          for (let i = 0; i < 3; i++) await queue.put(t.random());
        });
        for (const name of ["one", "two", "three"])
          group.spawn(name, async () => sleep((await queue.get()) * 2));
      });
    });
    const courses = new Set<number>();
    for (let seed = 0; seed < draws(1_000); seed++) {
      const chance = {
        schedule: new RandomStream(seed, "s"),
        faults: new RandomStream(seed, "f"),
        faultPlaces: 0,
      };
      const run = await explorer.attempt(new UniformGuide(chance), "one at a time");
      const guide = new TapeGuide(
        Tape.parse(Tape.ofCourse(run.taped, { order: run.order, seed: 0, faults: {} }).toString()),
      );
      const replay = await explorer.attempt(guide, run.order);
      assert.equal(guide.checkEnd(replay.taped), null);
      assert.deepEqual(replay.taped.choices, run.taped.choices);
      assert.equal(replay.nowMs, run.nowMs);
      courses.add(run.taped.hash);
    }
    assert.ok(courses.size > 10, String(courses.size));
  });
});

describe("A program that takes two courses under one schedule", () => {
  it("is found in its second run, and the step is named", async () => {
    let bodies = 0;
    const body = async (): Promise<void> => {
      bodies++;
      await checkpoint();
      await sleep(bodies === 1 ? 5 : 6);
    };
    await assert.rejects(explore(body), (error: unknown) => {
      assert.ok(error instanceof Nondeterminism);
      assert.match(
        error.message,
        /At step 2 it was first\n {2}5 ms: the body woken: sleep\nand then\n {2}6 ms: the body woken: sleep/,
      );
      return true;
    });
  });

  it("is let through where the check is off, and found when its failure cannot be replayed", async () => {
    let bodies = 0;
    const body = async (): Promise<void> => {
      await sleep(1);
      if (++bodies === 2) throw new Error("the second time");
    };
    await explore({ checksDeterminism: false, runs: 2 }, async () => sleep(++bodies));
    bodies = 0;
    await assert.rejects(explore({ checksDeterminism: false }, body), (error: unknown) => {
      assert.ok(error instanceof Nondeterminism);
      assert.equal((error.cause as Error).message, "the second time");
      return true;
    });
  });
});

describe("simulate", () => {
  it("makes a function without a parameter, and takes no context of a runner for what it is not", async () => {
    const test = simulate({ runs: 1 }, () => {}) as (context?: unknown) => Promise<void>;
    assert.equal(test.length, 0);
    assert.match(test.toString(), /^async function simulation\(\)/); // Vitest reads it
    for (const context of [undefined, null, "done", { diagnostic: 3 }]) await test(context);
  });

  it("stops between two runs when the runner's signal is aborted, and gives the platform back", async () => {
    const controller = new AbortController();
    let bodies = 0;
    const test = simulate({ runs: 1_000 }, async () => {
      if (++bodies === 5) controller.abort(new Error("the test took too long"));
      await program([]);
    }) as (context: object) => Promise<void>;
    await assert.rejects(test({ signal: controller.signal }), /the test took too long/);
    assert.equal(bodies, 5);
    assert.ok(Date.now() > 1.7e12);
  });

  it("runs its body in the context of its caller", async () => {
    const requests = new AsyncLocalStorage<string>();
    const seen = new Set<string | undefined>();
    await requests.run("mine", () =>
      explore({ runs: 5 }, async () => {
        await sleep(1);
        seen.add(requests.getStore());
      }),
    );
    assert.deepEqual([...seen], ["mine"]);
  });

  it("refuses what is no body or no option at the call, and says what there is", () => {
    assert.throws(() => simulate(null as never), InvalidArgument);
    assert.throws(
      () => simulate({ runs: 1 }, undefined as never),
      /body of simulate is undefined. Give a function/,
    );
    const wrong = (options: object): void => void simulate(options, () => {});
    assert.throws(() => wrong({ run: 5 }), /simulate has no option "run". There are runs, seed, /);
    assert.throws(() => wrong({ runs: 0 }), /runs of simulate is 0. Give an integer of at least 1/);
    assert.throws(() => wrong({ runs: 1.5 }), InvalidArgument);
    assert.throws(() => wrong({ seed: "x" }), /seed of simulate is "x". Give an integer/);
    assert.throws(
      () => wrong({ strategy: "luck" }),
      /strategy of simulate is "luck". Give one of "auto", "random", /,
    );
    assert.throws(() => wrong({ background: "keep" }), /Give one of "fail", "cancel"/);
    assert.throws(
      () => wrong({ faults: { cancels: true } }),
      /faults has no option "cancels". There are cancel, throw, crashThreads, network, crashHosts, slowClockMs/,
    );
    assert.throws(() => wrong({ faults: { slowClockMs: Number.NaN } }), InvalidArgument);
    assert.throws(() => wrong({ faults: true }), /faults is true. Give an object/);
    assert.throws(
      () => wrong({ faults: { cancel: "yes" } }),
      /cancel of faults is "yes". Give one of true, false/,
    );
    assert.throws(
      () => wrong({ faults: { slowClockMs: Infinity } }),
      /slowClockMs of faults is Infinity/,
    );
    assert.throws(() => wrong({ checksDeterminism: "no" }), /checksDeterminism of simulate is "no"/);
    assert.throws(() => wrong({ tape: 5 }), /tape of simulate is 5. Give a Tape, or the text/);
    assert.throws(() => wrong(null as never), /options of simulate is null. Give an object/);
    assert.throws(
      () => simulate((() => {}) as never, { runs: 1 } as never),
      /given its body first. The options come before/,
    );
    assert.throws(() => simulate(Promise.resolve() as never), /A promise is already running/);
    assert.throws(() => virtual(undefined as never), /body of virtual is undefined/);
    assert.throws(() => Tape.of("12" as never), /choices of a tape are "12"/);
    assert.throws(() => Tape.of([], 0.5), /seed of a tape is 0.5/);
    assert.throws(() => Tape.parse(5 as never), /tape is 5. Give the text/);
    assert.throws(() => wrong({ tape: "nonsense" }), InvalidArgument);
    for (const name of ["maxSteps", "maxStepsAtOnce"])
      assert.throws(() => wrong({ [name]: 0 }), InvalidArgument);
    for (const name of ["maxShrinks", "maxFaultRuns"]) wrong({ [name]: 0 });
  });

  it("refuses to be nested, and a run of a program inside", async () => {
    await explore(async () => {
      await assert.rejects(
        explore(() => {}),
        NestedSimulation,
      );
      await assert.rejects(
        run(() => {}),
        NestedRun,
      );
    });
  });

  it("runs beside another one, and each has its own time and chance", async () => {
    const times: number[] = [];
    const one = (ms: number, seed: number): Promise<unknown> =>
      explore({ seed, runs: 3 }, async (t) => {
        const drawn = Math.random();
        await sleep(ms);
        assert.equal(t.now(), ms);
        assert.equal(Date.now(), 946_684_800_000 + ms);
        assert.notEqual(drawn, Math.random());
        times.push(ms);
      });
    await Promise.all([one(10, 1), one(1_000_000, 2), one(30, 3)]);
    assert.deepEqual(
      [...new Set(times)].sort((a, b) => a - b),
      [10, 30, 1_000_000],
    );
    assert.ok(Math.abs(Date.now() - 946_684_800_000) > 1e11);
  });

  it("bounds the search for a shorter tape", async () => {
    let bodies = 0;
    const counted = async (): Promise<void> => {
      bodies++;
      await overtaking();
    };
    const error = await failureOf(
      { runs: 1_000, maxShrinks: 0, strategy: "random", checksDeterminism: false },
      counted,
    );
    const found = Number(/run (\d+) of/.exec(error.message)?.[1]);
    assert.equal(bodies, found + 1);
    assert.doesNotMatch(error.message, /shrunk/);
    assert.ok(error instanceof SimulationFailed);
  });
});
