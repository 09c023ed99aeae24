/** The handler of servers that take a `Request` and give a `Response`. */
import { setTimeout as sleep } from "node:timers/promises";
import { CHILDREN, compute, greeting, hasEnded, record, SLOW_MS, takeEnded } from "./work.ts";
import { WAIT_MS, WORK_WAIT_MS } from "./work.ts";

const text = (): Response => new Response(greeting, { headers: { "content-type": "text/plain" } });

/** Children that wait until the client has gone. */
export async function waitForLeave(id: number, signal: AbortSignal): Promise<void> {
  const children = Array.from({ length: CHILDREN }, () => sleep(SLOW_MS, undefined, { signal }));
  await Promise.allSettled(children);
  hasEnded(id);
}

export async function work(): Promise<string> {
  compute();
  await sleep(WORK_WAIT_MS);
  compute();
  return greeting;
}

async function slowly(path: string, request: Request): Promise<Response> {
  if (path === "/echo") return Response.json(await request.json());
  if (path === "/timer") await sleep(WAIT_MS);
  else if (path === "/work") await work();
  else if (path.startsWith("/slow/")) await waitForLeave(Number(path.slice(6)), request.signal);
  else return new Response(null, { status: 404 });
  return text();
}

/** Answers at once where it can: a promise is made only where something is waited for. */
export function handle(request: Request): Response | Promise<Response> {
  const { url } = request;
  const path = url.slice(url.indexOf("/", 8));
  if (path === "/hello") return text();
  if (path === "/json") return Response.json(record());
  if (path === "/ended") return Response.json(takeEnded());
  return slowly(path, request);
}
