/** Drawn programs of a sort: each is run under some schedules, and what had to be answered in it must have been. */
import assert from "node:assert/strict";
import { sleep } from "../../../src/index.ts";
import { explore, testCertificate, type Simulation } from "../../../src/testing.ts";
import { drawOrders, type Outcome } from "./customers.ts";
import { play, type Played, type Plan } from "./programs.ts";
import type { Draw, Drawn, Sort } from "./sorts.ts";

const CLIENTS = ["ann", "bob"];
const { certificate, key } = testCertificate("shop");
const ORDERS = 4;
/** One of so many programs is run twice under the same choices, to see that it takes the same course. */
const CHECKED = 5;

/** Explores `programs` programs of a sort under `schedules` schedules each, and gives how many runs that were. */
export async function exploreSort(sort: Sort, programs: number, schedules: number): Promise<number> {
  const seen = new Set<string>();
  let runs = 0;
  for (let seed = 0; seed < programs; seed++) {
    const checksDeterminism = seed % CHECKED === 0;
    const options = { runs: schedules, ...sort.simulate, seed, checksDeterminism };
    runs += (await explore(options, (t) => program(t, sort, seen))).runs;
  }
  for (const outcome of sort.sees)
    assert.ok(seen.has(outcome), `${outcome} is not among ${[...seen].join(", ")}`);
  return runs;
}

async function program(t: Simulation, sort: Sort, seen: Set<string>): Promise<void> {
  const draw: Draw = (below) => Math.floor(t.random() * below);
  const drawn: Drawn = { isSecure: draw(4) === 0, ...sort.draw(draw) };
  const played = await play(t, planOf(t, drawn, sort));
  checkFailures(sort, played);
  for (const { outcomes } of played.customers)
    for (const outcome of outcomes.values()) seen.add(nameOf(outcome));
}

function planOf(t: Simulation, drawn: Drawn, { isCalm }: Sort): Plan {
  const { serverClosesAtMs = Infinity, clientsCloseAtMs = Infinity, withinMs = 40, isSecure } = drawn;
  const { serve = {}, client = {} } = drawn;
  return {
    ...drawn,
    serve: isSecure ? { ...serve, tls: { certificate, key } } : serve,
    client: isSecure ? { ...client, baseUrl: "https://shop", tls: { ca: certificate } } : client,
    orders: new Map(CLIENTS.map((name) => [name, drawOrders(t, name, ORDERS, withinMs)])),
    serverCloses: () => sleep(serverClosesAtMs),
    clientsClose: () => sleep(clientsCloseAtMs),
    isCalm,
  };
}

/** What had to be answered was. */
function checkFailures(sort: Sort, { ledger, customers, closedAtMs }: Played): void {
  for (const { orders, outcomes } of customers) {
    for (const order of orders) {
      const outcome = outcomes.get(order.id);
      if (outcome === undefined || "status" in outcome || order.patienceMs !== Infinity) continue;
      const runs = ledger.runsOf(order.id);
      const text = `${order.kind} ${order.id} was handled ${runs} times, and came to ${outcome.error.message}`;
      assert.ok(sort.mayFail(order, outcome, runs, closedAtMs), text);
    }
  }
}

function nameOf(outcome: Outcome): string {
  return "status" in outcome ? `${outcome.status}` : outcome.code;
}
