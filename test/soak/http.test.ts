/**
 * HTTP between processes: two clients make all kinds of requests of one server, some rounds of them; a third one is killed in each round. Then
 * server and clients must hold what they held before.
 *
 * "Flat": after the last round memory is at most 1.1 times what it was after the first half of them, and what a collector may happen to keep.
 */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { ClientReport, Order } from "./http-client.ts";
import type { Holdings } from "./holdings.ts";
import type { ServerQuestion, ServerReport } from "./http-server.ts";

const ROUNDS = 6;
const CLIENTS = 2;
const REQUESTS = 2_500;
const ALLOWANCE: Readonly<Record<"rss" | "heap", number>> = { rss: 32 * 2 ** 20, heap: 2 ** 20 };

const started: ChildProcess[] = [];
let complaints = "";

/** They end with us: each does when it is disconnected. */
function start(file: string): ChildProcess {
  const execArgv = ["--expose-gc", "--no-warnings"];
  const stdio = ["ignore", "inherit", "pipe", "ipc"] as const;
  const child = fork(new URL(file, import.meta.url), { execArgv, stdio: [...stdio] });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  started.push(child);
  return child;
}

/** The next message of a process, which must not end before. */
async function answerOf<T>(child: ChildProcess): Promise<T> {
  const died = new AbortController();
  const exited = (code: number | null, signal: string | null): void =>
    died.abort(new Error(`it ended with ${signal ?? code}: ${complaints}`));
  child.on("exit", exited);
  try {
    const [answer] = (await once(child, "message", { signal: died.signal })) as [T];
    return answer;
  } finally {
    child.off("exit", exited);
  }
}

function ask<T>(child: ChildProcess, question: ServerQuestion | Order): Promise<T> {
  const answer = answerOf<T>(child);
  child.send(question);
  return answer;
}

/** One round: the clients play, a further one is killed in the midst of it, and all are gone at the end. */
async function round(
  server: ChildProcess,
  clients: readonly ChildProcess[],
  order: Order,
): Promise<{ server: ServerReport; clients: ClientReport[] }> {
  const victim = start("http-client.ts");
  victim.send({ ...order, requests: 1_000_000 } satisfies Order);
  const answers = clients.map((client, index) =>
    ask<ClientReport>(client, { ...order, seed: order.seed + index + 1 }),
  );
  const [first] = await Promise.all(answers.slice(0, 1));
  const ended = once(victim, "exit");
  victim.kill("SIGKILL");
  await ended;
  const reports = [first as ClientReport, ...(await Promise.all(answers.slice(1)))];
  return { server: await ask<ServerReport>(server, "when idle"), clients: reports };
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Whether what a process holds stays the same from the first half of the rounds on. */
function checkFlat(name: string, held: readonly Holdings[]): void {
  const [middle, last] = [held[ROUNDS / 2 - 1] as Holdings, held.at(-1) as Holdings];
  console.log(
    `http: ${name}: descriptors ${held.map(({ descriptors }) => descriptors).join(", ")}, ` +
      `RSS ${held.map(({ rss }) => mib(rss)).join(", ")}, heap ${held.map(({ heap }) => mib(heap)).join(", ")}`,
  );
  for (const part of ["rss", "heap"] as const)
    assert.ok(
      last[part] <= middle[part] * 1.1 + ALLOWANCE[part],
      `${part} of ${name} grew from ${mib(middle[part])} to ${mib(last[part])}`,
    );
  assert.equal(last.descriptors, (held[0] as Holdings).descriptors, `descriptors of ${name}`);
  assert.deepEqual(last.resources, (held[0] as Holdings).resources, `resources of ${name}`);
}

describe("HTTP between processes", () => {
  it(`serves ${ROUNDS} rounds of ${CLIENTS * REQUESTS} requests of all kinds, survives killed clients, and keeps nothing`, async () => {
    const server = start("http-server.ts");
    const before = await answerOf<ServerReport>(server);
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
      const { holdings } = await ask<ServerReport>(server, "close");
      assert.deepEqual(holdings.resources, before.holdings.resources, "no handle is left");
      assert.equal(holdings.descriptors, before.holdings.descriptors, "no descriptor is left");
    } finally {
      for (const child of started) child.kill("SIGKILL");
    }
    for (const [index, each] of held.entries())
      checkFlat(index === 0 ? "server" : `client ${index}`, each);
    assert.equal(complaints, "");
  });
});
