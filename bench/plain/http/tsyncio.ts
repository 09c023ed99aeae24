/** Our server, on whichever runtime this is run with: `node tsyncio.ts [admission]`. */
import process from "node:process";
import { serve, type HttpRequest, type Reply } from "../../../src/http.ts";
import { sleep, withTaskGroup } from "../../../src/index.ts";
import { answerQuestions, usage } from "../answering.ts";
import { CHILDREN, compute, greeting, hasEnded, record, SLOW_MS, takeEnded } from "./work.ts";
import { WAIT_MS, WORK_WAIT_MS } from "./work.ts";

/** Nothing here speaks of the client that leaves: its request is cancelled, with the children. */
async function slow(id: number): Promise<Reply> {
  try {
    await withTaskGroup(async (group) => {
      for (let child = 0; child < CHILDREN; child++) group.spawn(() => sleep(SLOW_MS));
    });
    return greeting;
  } finally {
    hasEnded(id);
  }
}

async function work(): Promise<Reply> {
  compute();
  await sleep(WORK_WAIT_MS);
  compute();
  return greeting;
}

async function later(): Promise<Reply> {
  await sleep(WAIT_MS);
  return greeting;
}

const echo = async (request: HttpRequest): Promise<Reply> => (await request.json()) as Reply;

function handle(request: HttpRequest): Reply | Promise<Reply> {
  const { path } = request;
  if (path === "/hello") return greeting;
  if (path === "/json") return record() as Reply;
  if (path === "/echo") return echo(request);
  if (path === "/timer") return later();
  if (path === "/work") return work();
  if (path.startsWith("/slow/")) return slow(Number(path.slice(6)));
  return takeEnded() as Reply;
}

/** As many at a time as keep the core busy, and as many more as are answered within the clients' patience. */
const admission = { maxRequests: 8, maxQueuedRequests: 16, queueMs: 100 };

const { port } = await serve(handle, {
  host: "127.0.0.1",
  port: 0,
  backlog: 4_096,
  idleMs: 600_000,
  ...(process.argv[2] === "admission" ? admission : {}),
});
await answerQuestions({ port }, usage);
