/** A small program of a server and two clients, in which something happens at every step that it has. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Event } from "../../../src/index.ts";
import { explore, type Simulation } from "../../../src/testing.ts";
import type { Kind } from "./shop.ts";
import { play, type Plan, type Played } from "./programs.ts";
import type { Order } from "./customers.ts";

const few = { runs: 2, checksDeterminism: false };
/** The program has fewer steps than that. */
const MOST_STEPS = 2_000;
/** At every so many steps something happens, and at others with another schedule. */
const STRIDE = 7;

/** Each client has one connection, so that it is used again. */
const kinds: Readonly<Record<string, readonly Kind[]>> = {
  ann: ["children", "echo"],
  bob: ["upload", "hasty", "stream"],
};

function ordersOf(name: string): Order[] {
  return (kinds[name] ?? []).map((kind, n) => ({
    id: `${name}${n}`,
    kind,
    atMs: 10 * n,
    patienceMs: Infinity,
    use: "whole",
  }));
}

const plan: Plan = {
  orders: new Map(Object.keys(kinds).map((name) => [name, ordersOf(name)])),
  client: { maxConnections: 1 },
  isCalm: true,
};

/** Half of it, where there is a run for each task and each of its waits. */
const alone: Plan = {
  orders: new Map([
    ["ann", ordersOf("ann")],
    ["bob", ordersOf("bob").slice(0, 1)],
  ]),
  client: { maxConnections: 1 },
  isCalm: false,
};

/** An event that is set at the n-th step of the program, if it has so many. */
function stepOf(t: Simulation, n: number): Event {
  const reached = new Event();
  let steps = 0;
  t.invariant(() => {
    if (steps++ === n) reached.set();
  });
  return reached;
}

/** Plays the program, with something else at each of its steps: `plan` makes it from the event of the step. */
async function atSteps(
  planFor: (reached: Event) => Plan,
  check: (played: Played) => void,
): Promise<number> {
  let wasReached = true;
  let n = 0;
  for (; wasReached && n < MOST_STEPS; n += STRIDE) {
    wasReached = false;
    await explore(few, async (t) => {
      const reached = stepOf(t, n);
      check(await play(t, planFor(reached)));
      wasReached ||= reached.isSet;
    });
  }
  return n;
}

/** Who was handled has an answer. */
function allAnswered({ ledger, customers }: Played): void {
  for (const { outcomes } of customers) {
    for (const [id, outcome] of outcomes) {
      if (ledger.runsOf(id) > 0) assert.ok("status" in outcome, `${id} came to nothing`);
    }
  }
}

describe("At every step of a server and its clients", () => {
  it("the server can be closed: whatever it has begun is answered, where it has the time", async () => {
    const steps = await atSteps(
      (reached) => ({ ...plan, serverCloses: () => reached.wait(), drainMs: 10_000 }),
      allAnswered,
    );
    assert.ok(steps > 100, `${steps} steps`);
  });

  it("the server can be closed: handlers are ended, where there is no time", async () => {
    await atSteps(
      (reached) => ({ ...plan, serverCloses: () => reached.wait(), drainMs: 0 }),
      () => {},
    );
  });

  it("the clients can be closed: requests on their way fail, and their handlers end", async () => {
    await atSteps(
      (reached) => ({ ...plan, clientsClose: () => reached.wait() }),
      () => {},
    );
  });

  it("a task can be cancelled", async () => {
    const faults = { cancel: true };
    const { faultRuns } = await explore({ runs: 1, faults, maxFaultRuns: Infinity }, async (t) => {
      await play(t, alone);
    });
    assert.ok(faultRuns > 50, `${faultRuns} cancellations`);
  });

  it("a wait can throw", async () => {
    const faults = { throw: true };
    // That for the end of the server can throw, too: then it ends with the program.
    const { faultRuns } = await explore(
      { runs: 1, faults, maxFaultRuns: Infinity, background: "cancel" },
      async (t) => {
        await play(t, { ...alone, mayThrow: true });
      },
    );
    assert.ok(faultRuns > 30, `${faultRuns} errors`);
  });

  it("a connection can be reset or stall, hosts can be cut off from each other, or crash", async () => {
    const faults = { network: true, crashHosts: true };
    const { faultRuns } = await explore({ runs: 1, faults, maxFaultRuns: Infinity }, async (t) => {
      await play(t, { ...plan, isCalm: false });
    });
    assert.ok(faultRuns > 100, `${faultRuns} faults`);
  });
});
