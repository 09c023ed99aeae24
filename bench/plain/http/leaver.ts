/**
 * A client that leaves while it is being served: `node leaver.ts`. `{ port, visits, concurrency }` makes so many requests for
 * `/slow/ID`, closes each connection some milliseconds later, and then asks the server when the handlers have ended.
 */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answerQuestions, type Question } from "../answering.ts";
import { wallMs } from "./work.ts";

/** How long a visit lasts: the handler has begun by then. */
const STAY_MS = [10, 30] as const;
const PATIENCE_MS = 3_000;

let lastId = 0;

/** @returns when it left. */
async function visit(port: number, id: number): Promise<number> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {});
  socket.write(`GET /slow/${id} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  const [shortest, longest] = STAY_MS;
  await sleep(shortest + Math.random() * (longest - shortest));
  const left = wallMs();
  socket.destroy();
  return left;
}

async function ended(port: number): Promise<Array<[number, number]>> {
  const response = await fetch(`http://127.0.0.1:${port}/ended`, { headers: { connection: "close" } });
  return (await response.json()) as Array<[number, number]>;
}

async function visitMany(port: number, visits: number, concurrency: number): Promise<object> {
  const leftAt = new Map<number, number>();
  const endedAt = new Map<number, number>();
  let rest = visits;
  const loop = async (): Promise<void> => {
    while (rest-- > 0) {
      const id = ++lastId;
      leftAt.set(id, await visit(port, id));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  const until = performance.now() + PATIENCE_MS;
  while (endedAt.size < visits) {
    await sleep(50);
    for (const [id, at] of await ended(port)) if (leftAt.has(id)) endedAt.set(id, at);
    if (performance.now() > until)
      return {
        failed: `${visits - endedAt.size} of ${visits} handlers go on when their client has gone`,
      };
  }
  const delays = [...leftAt].map(([id, at]) => (endedAt.get(id) ?? Number.NaN) - at);
  if (delays.some((delay) => delay < -1)) return { failed: "a handler ended before its client had gone" };
  return percentiles(delays);
}

function percentiles(delays: readonly number[]): object {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    Math.max(0, sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN);
  return { p50: at(0.5), p99: at(0.99) };
}

await answerQuestions({}, async ({ port = 0, visits = 0, concurrency = 1 }: Question) => {
  try {
    return await visitMany(port, visits, concurrency);
  } catch (error) {
    return { failed: String(error) };
  }
});
