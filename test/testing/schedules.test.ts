/** What counts as production order, as rest, and as a schedule of its own. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, it } from "node:test";
import {
  Cancelled,
  checkpoint,
  currentRuntime,
  detached,
  Event,
  Lock,
  sleep,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
} from "../../src/index.ts";
import { explore, NestedSimulation, Nondeterminism, simulate, virtual } from "../../src/testing.ts";
import { failureOf } from "./failure-of.ts";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("Production order", () => {
  it("fires all timers of an instant before what they put off to the next turn, as a timers phase does", async () => {
    let log = "";
    await explore({ runs: 1 }, async () => {
      await withTaskGroup((group) => {
        group.spawn(async () => {
          await pause(3);
          log += "a ";
          await sleep(0);
          log += "a2 ";
        });
        group.spawn(async () => {
          await pause(3);
          log += "b ";
        });
      });
    });
    assert.equal(log, "a b a2 ");
  });

  it("lets time pass for one who takes turn after turn", async () => {
    await explore({ runs: 2 }, async (t) => {
      let isOver = false;
      setTimeout(() => (isOver = true), 10);
      while (!isOver) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(t.now(), 10);
    });
  });
});

describe("t.advance", () => {
  it("returns when all that is due at its instant has happened, whoever set the timer", async () => {
    await explore({ runs: 100 }, async (t) => {
      const host = t.host("other");
      let done = "";
      await withTaskGroup(async (group) => {
        setTimeout(() => (done += "timer "), 100);
        group.spawn("own", async () => {
          await sleep(100);
          done += "sleep ";
        });
        group.spawn("there", () =>
          host.run(async () => {
            await sleep(100);
            done += "host ";
          }),
        );
        await t.advance(100);
        assert.deepEqual(done.trim().split(" ").toSorted(), ["host", "sleep", "timer"]);
      });
    });
  });
});

describe("A run without an end", () => {
  it("is a livelock also where no operation of ours ends: timers, turns, swallowed cancellations", async () => {
    const endless: (() => unknown)[] = [
      () => {
        setInterval(() => {}, 10);
        return new Promise(() => {});
      },
      async () => {
        for (;;) await new Promise((resolve) => setImmediate(resolve));
      },
      () =>
        withTimeoutOr(
          10,
          async () => {
            for (;;) await sleep(1).catch(() => {});
          },
          undefined,
        ),
    ];
    for (const body of endless) {
      const error = await failureOf({ maxSteps: 2_000, maxStepsAtOnce: 500 }, body);
      assert.equal(error.kind, "livelock", String(body));
    }
  });

  it("has an end under virtual too", async () => {
    await assert.rejects(
      virtual(async () => {
        for (;;) await checkpoint();
      })(),
      /steps were taken while no virtual time passed/,
    );
  });
});

describe("Tasks that are cancelled together", () => {
  it("clean up in every order", async () => {
    const orders = new Set<string>();
    const { method } = await explore(async () => {
      let order = "";
      await withTaskGroup(async (group) => {
        for (const name of "abc") {
          group.spawn(name, async () => {
            try {
              await sleep(1_000);
            } finally {
              order += name;
            }
          });
        }
        await checkpoint();
        group.cancelTasks();
      });
      orders.add(order);
    });
    assert.equal(method, "exhaustive");
    assert.equal(orders.size, 6);
  });
});

describe("The context of a run", () => {
  it("does not leak into the next one", async () => {
    const store = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await explore({ runs: 3 }, async () => {
      seen.push(store.getStore());
      store.enterWith("entered");
      await checkpoint();
    });
    assert.deepEqual(new Set(seen), new Set([undefined]));
  });

  it("ends with the cancellation of the caller, between two runs", async () => {
    let bodies = 0;
    await withCancelScope(async (scope) => {
      await explore({ runs: 1_000, strategy: "random" }, async () => {
        if (++bodies === 5) scope.cancel("enough");
        await checkpoint();
      }).catch((error: unknown) => assert.ok(error instanceof Cancelled));
    });
    assert.equal(bodies, 5);
  });
});

describe("A failure of the repetition", () => {
  it("is not lost: the two courses differ", async () => {
    let bodies = 0;
    const second = async (): Promise<void> => {
      await checkpoint();
      if (++bodies === 2) throw new Error("the second time");
    };
    await assert.rejects(explore({ runs: 5 }, second), (error: unknown) => {
      assert.ok(error instanceof Nondeterminism);
      assert.equal((error.cause as Error).message, "the second time");
      return true;
    });
  });

  it("of another message is told beside the first", async () => {
    let bodies = 0;
    const error = await failureOf({ runs: 5 }, async () => {
      await checkpoint();
      throw new Error(`run ${++bodies}`);
    });
    assert.match(
      error.message,
      /error: Error: run 2\n.*\nBefore, the same schedule said: Error: run 1\n.*state outside the body/,
    );
  });
});

describe("Simulated hosts", () => {
  it("count as a leak what they leave in their background, and let it clean up", async () => {
    let cleaned = 0;
    const leave = async (t: {
      host(name: string): { run(fn: () => void): Promise<void> };
    }): Promise<void> => {
      await t.host("b").run(() => {
        currentRuntime().background.spawn("left", async () => {
          try {
            await sleep(Infinity);
          } finally {
            cleaned++;
          }
        });
      });
    };
    const error = await failureOf({ runs: 1 }, leave);
    assert.equal(error.kind, "leaked task");
    assert.match(error.message, /left waiting: sleep/);
    assert.equal(cleaned, 2);
    await explore({ runs: 1, background: "cancel" }, leave);
    assert.equal(cleaned, 3);
  });
});

describe("An invariant", () => {
  it("is broken when its check returns false, and must not be a promise", async () => {
    const broken = await failureOf({ runs: 1 }, (t) =>
      t.invariant(function positive() {
        return false;
      }),
    );
    assert.equal(broken.kind, "broken invariant");
    assert.match(broken.message, /TSY_BROKEN_INVARIANT: the invariant "positive" does not hold/);
    const waits = await failureOf({ runs: 1 }, (t) => t.invariant(async () => checkpoint()));
    assert.match(waits.message, /returned a promise. It is made between two steps, and must not wait/);
  });
});

describe("What is kept or done at the wrong time", () => {
  it("is refused: a handle after its run, a simulation inside one", async () => {
    let kept: { settled(): Promise<void>; advance(ms: number): Promise<void> } | null = null;
    await explore({ runs: 1 }, async (t) => {
      kept = t;
      await assert.rejects(virtual(() => {})(), NestedSimulation);
    });
    assert.throws(() => kept?.settled(), /this run of the simulation has ended/);
    await assert.rejects(kept!.advance(1), /has ended/);
  });

  it("is named in the table: waits of the background stand in a column of their own", async () => {
    const error = await failureOf({ runs: 1, background: "cancel" }, async () => {
      const event = new Event();
      detached(() => void event.wait().catch(() => {}));
      const lock = new Lock();
      await lock.acquire();
      await lock.acquire();
    });
    assert.match(error.message, /the background/);
  });

  it("a fetch that was put in place before the simulation is left alone", async () => {
    const { fetch } = globalThis;
    globalThis.fetch = async () => new Response("double");
    try {
      await simulate({ runs: 3 }, async () => {
        assert.equal(await (await fetch_()).text(), "double");
      })();
    } finally {
      globalThis.fetch = fetch;
    }
    const error = await failureOf({ runs: 1 }, () => fetch_());
    assert.equal(error.kind, "real I/O");
  });
});

const fetch_ = (): Promise<Response> => globalThis.fetch("http://127.0.0.1:9/");
