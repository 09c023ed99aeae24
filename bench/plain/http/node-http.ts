/** The server on `node:http`, as one writes it with care and without a framework: `node node-http.ts`. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answerQuestions, usage } from "../answering.ts";
import { CHILDREN, compute, greeting, hasEnded, record, SLOW_MS, takeEnded } from "./work.ts";
import { WAIT_MS, WORK_WAIT_MS } from "./work.ts";

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

const sendText = (response: ServerResponse): void => send(response, "text/plain", greeting);
const sendJson = (response: ServerResponse, value: unknown): void =>
  send(response, "application/json", JSON.stringify(value));

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** Children that wait until the client has gone. */
async function slow(response: ServerResponse, id: number): Promise<void> {
  const leaving = new AbortController();
  response.on("close", () => leaving.abort());
  const { signal } = leaving;
  const children = Array.from({ length: CHILDREN }, () => sleep(SLOW_MS, undefined, { signal }));
  await Promise.allSettled(children);
  hasEnded(id);
}

async function work(response: ServerResponse): Promise<void> {
  compute();
  await sleep(WORK_WAIT_MS);
  compute();
  sendText(response);
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = "" } = request;
  if (url === "/hello") sendText(response);
  else if (url === "/json") sendJson(response, record());
  else if (url === "/echo") sendJson(response, await jsonOf(request));
  else if (url === "/timer") {
    await sleep(WAIT_MS);
    sendText(response);
  } else if (url === "/work") await work(response);
  else if (url.startsWith("/slow/")) await slow(response, Number(url.slice(6)));
  else if (url === "/ended") sendJson(response, takeEnded());
  else response.writeHead(404).end();
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", 4_096, () => {
  void answerQuestions({ port: (server.address() as AddressInfo).port }, usage);
});
