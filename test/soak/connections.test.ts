/**
 * The load: 10,000 connections on loopback held open at the same time, or as many as the descriptors allow; each echoes some messages.
 * The server is a process of its own. Three clients share the connections; one is killed with SIGKILL while it plays, the others end
 * one half of theirs and reset the other. That goes on for some rounds, after which the server must hold what it held before.
 *
 * "Flat": after the last round memory is at most 1.1 times what it was after the first half of them, and what a collector may happen to
 * keep: after a single round RSS is still on its way to where it stays.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import type { Order } from "./connection-client.ts";
import type { ServerQuestion, ServerReport } from "./connection-server.ts";
import { assertFlat, memoryOf, type Holdings } from "./holdings.ts";
import { TalkingProcess } from "./talking-process.ts";

const WANTED = 10_000;
const ROUNDS = 4;
const CLIENTS = 3;
const MESSAGES = 3;
/** What a process needs besides its connections. */
const SPARE_DESCRIPTORS = 200;

/** Node raises its own limit to the hard one. */
function descriptorLimit(): number {
  try {
    const text = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
    return text === "unlimited" ? Infinity : Number(text);
  } catch {
    return WANTED;
  }
}

const started: TalkingProcess<ServerQuestion | Order>[] = [];

function start(file: string): TalkingProcess<ServerQuestion | Order> {
  const process = new TalkingProcess<ServerQuestion | Order>(file);
  started.push(process);
  return process;
}

async function tell(
  clients: readonly TalkingProcess<ServerQuestion | Order>[],
  order: (index: number) => Order,
): Promise<void> {
  const answers = await Promise.all(clients.map((client, index) => client.ask(order(index))));
  for (const answer of answers) assert.equal(answer, "done");
}

/** One round: open, play, kill one client in the middle, close. Gives what the server holds when all are gone. */
async function round(
  server: TalkingProcess<ServerQuestion | Order>,
  port: number,
  count: number,
): Promise<ServerReport> {
  const clients = Array.from({ length: CLIENTS }, () => start("connection-client.ts"));
  const share = Math.floor(count / CLIENTS);
  await tell(clients, (index) => ({ open: index === 0 ? count - share * (CLIENTS - 1) : share, port }));
  const full = await server.ask<ServerReport>({ connections: count });
  assert.ok(
    full.holdings.descriptors === 0 || full.holdings.descriptors >= count,
    "all connections are open at the same time",
  );
  await tell(clients, () => ({ play: MESSAGES }));

  const victim = clients.pop() as TalkingProcess<ServerQuestion | Order>;
  victim.tell({ play: 1_000_000 });
  await tell(clients, () => ({ play: MESSAGES }));
  await victim.kill();
  await server.ask<ServerReport>({ connections: count - share });
  await tell(clients, () => ({ play: MESSAGES }));

  await tell(clients, () => "close");
  const report = await server.ask<ServerReport>({ connections: 0 });
  for (const client of clients) assert.deepEqual(await client.disconnect(), [0, null]);
  return report;
}

describe("The load", () => {
  const count = Math.min(WANTED, descriptorLimit() - SPARE_DESCRIPTORS);

  it(`holds ${count} connections open, survives a killed client, and keeps nothing of them`, async () => {
    if (count < WANTED) console.log(`load: the limit of descriptors allows only ${count} connections`);
    const server = start("connection-server.ts");
    const before = await server.answer<ServerReport>();
    const after: Holdings[] = [];
    let last = before;
    try {
      for (let i = 0; i < ROUNDS; i++) {
        last = await round(server, before.port, count);
        after.push(last.holdings);
      }
      const { holdings } = await server.ask<ServerReport>("close");
      assert.deepEqual(holdings.resources, before.holdings.resources, "no handle is left");
      assert.equal(holdings.descriptors, before.holdings.descriptors, "no descriptor is left");
    } finally {
      await Promise.all(started.map((each) => each.kill()));
    }

    console.log(
      `load: ${ROUNDS} rounds of ${count} connections; descriptors ${before.holdings.descriptors}, ` +
        memoryOf(after),
    );
    assert.equal(server.complaints, "");
    const { accepted, refused, acceptErrors } = last;
    assert.deepEqual(
      { accepted, refused, acceptErrors },
      { accepted: ROUNDS * count, refused: 0, acceptErrors: 0 },
    );
    assertFlat("the server", after[ROUNDS / 2 - 1] as Holdings, last.holdings);
  });
});
