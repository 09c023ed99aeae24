/**
 * HTTP between processes: two clients make all kinds of requests of one server, some rounds of them; a third one is killed in each round. Then
 * server and clients must hold what they held before.
 *
 * "Flat": after the last round memory is at most 1.1 times what it was after the first half of them, and what a collector may happen to keep.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertFlat, memoryOf, type Holdings } from "./holdings.ts";
import type { ClientReport, Order } from "./http-client.ts";
import type { ServerQuestion, ServerReport } from "./http-server.ts";
import { TalkingProcess } from "./talking-process.ts";

const ROUNDS = 6;
const CLIENTS = 2;
const REQUESTS = 2_500;

const started: TalkingProcess<ServerQuestion | Order>[] = [];

function start(file: string): TalkingProcess<ServerQuestion | Order> {
  const process = new TalkingProcess<ServerQuestion | Order>(file);
  started.push(process);
  return process;
}

/** One round: the clients play, a further one is killed in the midst of it, and all are gone at the end. */
async function round(
  server: TalkingProcess<ServerQuestion | Order>,
  clients: readonly TalkingProcess<ServerQuestion | Order>[],
  order: Order,
): Promise<{ server: ServerReport; clients: ClientReport[] }> {
  const victim = start("http-client.ts");
  victim.tell({ ...order, requests: 1_000_000 });
  const answers = clients.map((client, index) =>
    client.ask<ClientReport>({ ...order, seed: order.seed + index + 1 }),
  );
  const [first] = await Promise.all(answers.slice(0, 1));
  await victim.kill();
  const reports = [first as ClientReport, ...(await Promise.all(answers.slice(1)))];
  return { server: await server.ask<ServerReport>("when idle"), clients: reports };
}

/** Whether what a process holds stays the same from the first half of the rounds on. */
function checkFlat(name: string, held: readonly Holdings[]): void {
  const [middle, last] = [held[ROUNDS / 2 - 1] as Holdings, held.at(-1) as Holdings];
  const descriptors = held.map((each) => each.descriptors).join(", ");
  console.log(`http: ${name}: descriptors ${descriptors}, ${memoryOf(held)}`);
  assertFlat(name, middle, last);
  assert.equal(last.descriptors, (held[0] as Holdings).descriptors, `descriptors of ${name}`);
  assert.deepEqual(last.resources, (held[0] as Holdings).resources, `resources of ${name}`);
}

describe("HTTP between processes", () => {
  it(`serves ${ROUNDS} rounds of ${CLIENTS * REQUESTS} requests of all kinds, survives killed clients, and keeps nothing`, async () => {
    const server = start("http-server.ts");
    const before = await server.answer<ServerReport>();
    const clients = Array.from({ length: CLIENTS }, () => start("http-client.ts"));
    const held: Holdings[][] = Array.from({ length: 1 + CLIENTS }, () => []);
    try {
      for (let n = 0; n < ROUNDS; n++) {
        const order: Order = { port: before.port, requests: REQUESTS, seed: 100 * n };
        const reports = await round(server, clients, order);
        const { stats, alive } = reports.server;
        assert.deepEqual([stats.connections, stats.inFlight, stats.queued, alive], [0, 0, 0, 0]);
        for (const [index, { holdings }] of [reports.server, ...reports.clients].entries())
          held[index]?.push(holdings);
        for (const { done } of reports.clients)
          assert.ok(Object.keys(done).length >= 20, JSON.stringify(done));
        if (n === ROUNDS - 1) console.log(`http: ${JSON.stringify(stats)}`);
      }
      const { holdings } = await server.ask<ServerReport>("close");
      assert.deepEqual(holdings.resources, before.holdings.resources, "no handle is left");
      assert.equal(holdings.descriptors, before.holdings.descriptors, "no descriptor is left");
    } finally {
      await Promise.all(started.map((each) => each.kill()));
    }
    for (const [index, each] of held.entries())
      checkFlat(index === 0 ? "server" : `client ${index}`, each);
    assert.equal(started.map((each) => each.complaints).join(""), "");
  });
});
