/**
 * A server for simulations: what it answers is derived from the id of the request, so that a byte of another response shows; and it keeps
 * a ledger of what its handlers did.
 */
import assert from "node:assert/strict";
import { sleep, withTaskGroup } from "../../../src/index.ts";
import {
  HttpError,
  reply,
  serve,
  type HttpRequest,
  type HttpServer,
  type Reply,
} from "../../../src/http.ts";
import type { ServeOptions } from "../../../src/http.ts";
import { HostCrashed, type SimulatedHost, type Simulation } from "../../../src/testing.ts";

export const PORT = 80;
export const TLS_PORT = 443;

/** How a request is handled, and what must hold of its answer. */
export type Kind =
  | "text"
  | "json"
  | "wait"
  | "children"
  | "stream"
  | "big"
  | "fail"
  | "missing"
  | "echo"
  | "upload"
  | "early"
  | "hasty"
  | "expect"
  | "moved"
  | "put"
  | "head";

/** What one process of the server has going on. It is gone with it. */
export class Life {
  /** Handlers, their children, and the bodies that they send, which have begun and not ended. */
  readonly alive: Set<{ readonly name: string }> = new Set();
  server: HttpServer | null = null;

  /** What is alive, by its names. */
  get names(): string[] {
    return [...this.alive].map(({ name }) => name);
  }

  /** Something begins; it ends when it is disposed. */
  begin(name: string): Disposable {
    const entry = { name };
    this.alive.add(entry);
    return { [Symbol.dispose]: () => void this.alive.delete(entry) };
  }
}

/** What stays, whatever crashes. */
export class Ledger {
  /** How often a handler began for an id, whichever process that was in. */
  readonly runs: Map<string, number> = new Map();
  /** Whether waits throw that are not a handler's: that for the end of a server, say. */
  mayThrow = false;
  /** Whose handler has thrown. */
  readonly threw: Set<string> = new Set();
  /** What must not be. */
  readonly wrong: string[] = [];
  /** All lives, the last is the present one. */
  readonly lives: Life[] = [];

  get life(): Life {
    return this.lives.at(-1) ?? new Life();
  }

  runsOf(id: string): number {
    return this.runs.get(id) ?? 0;
  }

  begin(): Life {
    const life = new Life();
    this.lives.push(life);
    return life;
  }
}

/** A part of what belongs to an id: no two are the same, and none is part of another. */
export function piece(id: string, n: number): string {
  return `<${id}#${n}>`;
}

export function pieces(id: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => piece(id, n));
}

/** More than sockets and readers hold. */
const BIG_BYTES = 70_000;

export function whole(id: string, kind: Kind): string {
  if (kind !== "big") return pieces(id, STREAMED).join("");
  const text = pieces(id, 10).join("");
  return text.repeat(Math.ceil(BIG_BYTES / text.length));
}

/** So many pieces has a body that is sent bit by bit. */
export const STREAMED = 4;

async function* trickle(id: string, note: (name: string) => Disposable): AsyncGenerator<string> {
  using _ = note(`the body of ${id}`);
  for (const text of pieces(id, STREAMED)) {
    await sleep(3);
    yield text;
  }
}

async function withChildren(id: string, note: (name: string) => Disposable): Promise<void> {
  await withTaskGroup((group) => {
    for (const child of ["a", "b"]) {
      group.spawn(child, async () => {
        using _ = note(`child ${child} of ${id}`);
        try {
          await sleep(child === "a" ? 20 : 40);
        } finally {
          await sleep(1);
        }
      });
    }
  });
}

async function readSlowly(request: HttpRequest): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of request.body) {
    text += decoder.decode(chunk, { stream: true });
    await sleep(2);
  }
  return text;
}

/** What is answered, by the path: `/kind/id`. */
export function handlerOf(ledger: Ledger, life: Life): (request: HttpRequest) => Promise<Reply> {
  const note = (name: string): Disposable => life.begin(name);
  const got = (id: string, text: string, kind: Kind): string => {
    if (text !== whole(id, kind)) ledger.wrong.push(`the body of ${id} came as ${text.slice(0, 200)}`);
    return text;
  };
  const byKind: Record<Kind, (request: HttpRequest, id: string) => Promise<Reply> | Reply> = {
    text: (_, id) => whole(id, "text"),
    json: (_, id) => ({ id, text: whole(id, "json") }),
    head: (_, id) => whole(id, "head"),
    wait: async (_, id) => {
      await sleep(15);
      return whole(id, "wait");
    },
    children: async (_, id) => {
      await withChildren(id, note);
      return whole(id, "children");
    },
    stream: (_, id) => trickle(id, note),
    big: (_, id) => whole(id, "big"),
    fail: (_, id) => {
      throw new Error(`${id} fails`);
    },
    missing: (_, id) => {
      throw new HttpError(404, whole(id, "missing"));
    },
    echo: async (request, id) => got(id, await request.text(), "echo"),
    upload: async (request, id) => got(id, await readSlowly(request), "upload"),
    early: (_, id) => whole(id, "early"),
    hasty: (_, id) => whole(id, "hasty"),
    expect: async (request, id) => got(id, await request.text(), "expect"),
    moved: (_, id) => reply(`${id} is elsewhere`, { status: 302, headers: { location: `/text/${id}` } }),
    put: async (request, id) => reply(got(id, await request.text(), "put"), { status: 201 }),
  };
  return async (request) => {
    const [, kind = "", id = ""] = request.path.split("/");
    ledger.runs.set(id, ledger.runsOf(id) + 1);
    using _ = note(`the handler of ${id}`);
    try {
      return await byKind[kind as Kind](request, id);
    } catch (error) {
      ledger.threw.add(id);
      throw error;
    }
  };
}

/** Runs the server until `leave` resolves, or it is cancelled; and again after each crash of its host. */
export async function keepShop(
  host: SimulatedHost,
  ledger: Ledger,
  options: ServeOptions,
  leave: (server: HttpServer) => Promise<unknown>,
): Promise<void> {
  for (;;) {
    try {
      await host.run(() => openShop(ledger, options, leave));
      return;
    } catch (error) {
      if (!(error instanceof HostCrashed)) throw error;
      await sleep(50);
    }
  }
}

async function openShop(
  ledger: Ledger,
  options: ServeOptions,
  leave: (server: HttpServer) => Promise<unknown>,
): Promise<void> {
  const life = ledger.begin();
  const port = options.tls === undefined ? PORT : TLS_PORT;
  const server = await serve(handlerOf(ledger, life), { port, onError: () => {}, ...options });
  life.server = server;
  try {
    await leave(server);
  } finally {
    await server.close();
    checkClosed(ledger, life, server);
  }
}

/** When a server is closed, nothing of it is there. */
function checkClosed(ledger: Ledger, life: Life, server: HttpServer): void {
  if (ledger.mayThrow) return;
  if (life.alive.size > 0) ledger.wrong.push(`alive in a closed server: ${life.names.join(", ")}`);
  const { connections, idle, inFlight, queued } = server.stats();
  if (connections + idle + inFlight + queued > 0)
    ledger.wrong.push(`a closed server has ${JSON.stringify(server.stats())}`);
}

/** What holds of a server at every step. A request may be in flight longer than its connection: until its handler has ended. */
export function watchShop(t: Simulation, ledger: Ledger): void {
  t.invariant(() => {
    const stats = ledger.life.server?.stats();
    if (stats === undefined) return;
    const { connections, idle, queued, inFlight, requests, answered } = stats;
    const fits = idle + queued <= connections && inFlight + queued + answered <= requests;
    assert.ok(fits, `the server has ${JSON.stringify(stats)}`);
  });
}
