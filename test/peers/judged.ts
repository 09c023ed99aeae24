/** Our server, as the peers see it: one handler for all of them, and what it saw. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { withTaskGroup } from "../../src/index.ts";
import {
  HttpError,
  reply,
  serve,
  type HttpRequest,
  type HttpServer,
  type Reply,
} from "../../src/http.ts";
import type { ServeOptions } from "../../src/http.ts";

export const MIB = 1_048_576;

export function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Bytes that repeat nowhere near: what is lost, doubled or out of order changes their digest. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

const PIECE = pattern(65_536);

export async function* pieces(bytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0; left -= PIECE.length)
    yield PIECE.subarray(0, Math.min(left, PIECE.length));
}

export async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

export function piecesDigest(bytes: number): string {
  const hash = createHash("sha256");
  for (let left = bytes; left > 0; left -= PIECE.length)
    hash.update(PIECE.subarray(0, Math.min(left, PIECE.length)));
  return hash.digest("hex");
}

async function counted(request: HttpRequest): Promise<Reply> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of request.body) {
    hash.update(piece);
    bytes += piece.length;
  }
  const trailer = request.trailers?.get("x-digest") ?? null;
  const { method } = request;
  return {
    method,
    bytes,
    digest: hash.digest("hex"),
    trailer,
    length: request.headers.get("content-length"),
  };
}

/** A reply without an end, and how many of them have begun and ended. */
export class Endless {
  begun = 0;
  ended = 0;

  async *body(): AsyncGenerator<Uint8Array> {
    this.begun++;
    try {
      for (;;) yield PIECE;
    } finally {
      this.ended++;
    }
  }
}

type Route = (request: HttpRequest) => Reply | Promise<Reply>;

const routes: Readonly<Record<string, Route>> = {
  "/hello": () => "hello",
  "/json": () => ({ hello: "world" }),
  "/nothing": () => null,
  "/count": counted,
  "/echo": (request) => request.body,
  "/form": async (request) => Object.fromEntries(await request.form()),
  "/stream": ({ query }) => pieces(Number(query.get("bytes"))),
  "/sized": ({ query }) => {
    const bytes = Number(query.get("bytes"));
    return reply(pieces(bytes), { headers: { "content-length": bytes } });
  },
  "/trailers": () => reply(pieces(100_000), { trailers: () => ({ "x-digest": piecesDigest(100_000) }) }),
  "/refuse": () => {
    throw new HttpError(413, "this is too much");
  },
  "/whole": async (request) => `${(await request.bytes()).length}`,
  "/fail": () => {
    throw new Error("nobody is to read this");
  },
  "/cookies": ({ headers }) =>
    reply(headers.get("cookie") ?? "none", { headers: { "set-cookie": "a=b; Path=/" } }),
  "/redirect": () => reply("", { status: 302, headers: { location: "/hello" } }),
  "/who": ({ headers, host, clientAddress, scheme }) => ({
    host,
    clientAddress,
    scheme,
    connection: headers.get("connection"),
  }),
};

export function answer(request: HttpRequest): Reply | Promise<Reply> {
  const route = routes[request.path];
  if (route === undefined) throw new HttpError(404, `there is nothing at ${request.path}`);
  return route(request);
}

/** Serves all of the routes above, on loopback. */
export function judged(options: ServeOptions = {}): Promise<HttpServer> {
  const place = options.path === undefined ? { host: "127.0.0.1" } : {};
  return serve(answer, { ...place, onError: () => {}, ...options });
}

/** Does it so many times, by so many tasks at the same time. */
export async function times(
  count: number,
  tasks: number,
  fn: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await withTaskGroup((group) => {
    for (let i = 0; i < tasks; i++)
      group.spawn(async () => {
        while (next < count) await fn(next++);
      });
  });
}

/** Waits for what comes about soon, and about which nobody is told: the kernel's view of a connection, say. */
export async function soon(what: string, isSo: () => boolean, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!isSo()) {
    assert.ok(performance.now() < deadline, `${what}: not within ${withinMs} ms`);
    await sleep(5);
  }
}
