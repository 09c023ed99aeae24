/**
 * The load: 10,000 connections on loopback held open at the same time, or as many as the descriptors allow; each echoes some messages.
 * The server is a process of its own. Three clients share the connections; one is killed with SIGKILL while it plays, the others end
 * one half of theirs and reset the other. That goes on for some rounds, after which the server must hold what it held before.
 *
 * "Flat": after the last round memory is at most 1.1 times what it was after the first half of them, and what a collector may happen to
 * keep: after a single round RSS is still on its way to where it stays.
 */
import assert from "node:assert/strict";
import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { Order } from "./connection-client.ts";
import type { ServerQuestion, ServerReport } from "./connection-server.ts";
import type { Holdings } from "./holdings.ts";

const WANTED = 10_000;
const ROUNDS = 4;
const CLIENTS = 3;
const MESSAGES = 3;
/** What a process needs besides its connections. */
const SPARE_DESCRIPTORS = 200;
const ALLOWANCE: Readonly<Record<"rss" | "heap", number>> = { rss: 32 * 2 ** 20, heap: 2 ** 20 };

/** Node raises its own limit to the hard one. */
function descriptorLimit(): number {
  try {
    const text = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
    return text === "unlimited" ? Infinity : Number(text);
  } catch {
    return WANTED;
  }
}

const started: ChildProcess[] = [];

/** They end with us: each does when it is disconnected. */
function start(file: string): ChildProcess {
  const execArgv = ["--expose-gc", "--no-warnings"];
  const stdio = ["ignore", "inherit", "pipe", "ipc"] as const;
  const child = fork(new URL(file, import.meta.url), { execArgv, stdio: [...stdio] });
  started.push(child);
  return child;
}

/** The next message of a process, which must not end before. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const died = new AbortController();
  const exited = (code: number | null, signal: string | null): void =>
    died.abort(new Error(`it ended with ${signal ?? code}`));
  child.on("exit", exited);
  try {
    const [answer] = (await once(child, "message", { signal: died.signal })) as [unknown];
    return answer;
  } finally {
    child.off("exit", exited);
  }
}

async function ask(server: ChildProcess, question: ServerQuestion): Promise<ServerReport> {
  const answer = answerOf(server);
  server.send(question);
  return (await answer) as ServerReport;
}

async function tell(clients: readonly ChildProcess[], order: (index: number) => Order): Promise<void> {
  const answers = clients.map(answerOf);
  for (const [index, client] of clients.entries()) client.send(order(index));
  for (const answer of await Promise.all(answers)) assert.equal(answer, "done");
}

/** One round: open, play, kill one client in the middle, close. Gives what the server holds when all are gone. */
async function round(server: ChildProcess, port: number, count: number): Promise<ServerReport> {
  const clients = Array.from({ length: CLIENTS }, () => start("connection-client.ts"));
  const share = Math.floor(count / CLIENTS);
  await tell(clients, (index) => ({ open: index === 0 ? count - share * (CLIENTS - 1) : share, port }));
  const full = await ask(server, { connections: count });
  assert.ok(
    full.holdings.descriptors === 0 || full.holdings.descriptors >= count,
    "all connections are open at the same time",
  );
  await tell(clients, () => ({ play: MESSAGES }));

  const victim = clients.pop() as ChildProcess;
  victim.send({ play: 1_000_000 } satisfies Order);
  await tell(clients, () => ({ play: MESSAGES }));
  const ended = once(victim, "exit");
  victim.kill("SIGKILL");
  await ended;
  await ask(server, { connections: count - share });
  await tell(clients, () => ({ play: MESSAGES }));

  await tell(clients, () => "close");
  const report = await ask(server, { connections: 0 });
  for (const client of clients) {
    const exited = once(client, "exit");
    client.disconnect();
    assert.deepEqual(await exited, [0, null]);
  }
  return report;
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

describe("The load", () => {
  const count = Math.min(WANTED, descriptorLimit() - SPARE_DESCRIPTORS);

  it(`holds ${count} connections open, survives a killed client, and keeps nothing of them`, async () => {
    if (count < WANTED) console.log(`load: the limit of descriptors allows only ${count} connections`);
    const server = start("connection-server.ts");
    let complaints = "";
    server.stderr?.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    const before = (await answerOf(server)) as ServerReport;
    const after: Holdings[] = [];
    let last = before;
    try {
      for (let i = 0; i < ROUNDS; i++) {
        last = await round(server, before.port, count);
        after.push(last.holdings);
      }
      const { holdings } = await ask(server, "close");
      assert.deepEqual(holdings.resources, before.holdings.resources, "no handle is left");
      assert.equal(holdings.descriptors, before.holdings.descriptors, "no descriptor is left");
    } finally {
      for (const child of started) child.kill("SIGKILL");
    }

    console.log(
      `load: ${ROUNDS} rounds of ${count} connections; descriptors ${before.holdings.descriptors}, ` +
        `RSS ${after.map(({ rss }) => mib(rss)).join(", ")}, heap ${after.map(({ heap }) => mib(heap)).join(", ")}`,
    );
    assert.equal(complaints, "");
    const { accepted, refused, acceptErrors } = last;
    assert.deepEqual(
      { accepted, refused, acceptErrors },
      { accepted: ROUNDS * count, refused: 0, acceptErrors: 0 },
    );
    for (const part of ["rss", "heap"] as const) {
      const first = (after[ROUNDS / 2 - 1] as Holdings)[part];
      const end = last.holdings[part];
      assert.ok(end <= first * 1.1 + ALLOWANCE[part], `${part} grew from ${mib(first)} to ${mib(end)}`);
    }
  });
});
