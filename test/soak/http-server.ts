/** The server of `http.test.ts`, in a process of its own: it answers all kinds of requests, and says what it holds when nobody is left. */
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { currentRuntime } from "../../src/lowlevel.ts";
import { sleep, withTaskGroup } from "../../src/index.ts";
import { HttpError, reply, serve, type Handler, type HttpServerStats } from "../../src/http.ts";
import { holdings, type Holdings } from "./holdings.ts";
import { pieceOf, PIECES } from "./http-pieces.ts";

export interface ServerReport {
  readonly port: number;
  readonly holdings: Holdings;
  readonly stats: HttpServerStats;
  /** Handlers, children and bodies that have begun and not ended. */
  readonly alive: number;
}

/** Asks for a report when nobody is connected, or after the server was closed. */
export type ServerQuestion = "when idle" | "close";

let alive = 0;

async function counted<T>(fn: () => Promise<T>): Promise<T> {
  alive++;
  try {
    return await fn();
  } finally {
    alive--;
  }
}

async function* down(): AsyncGenerator<Uint8Array> {
  alive++;
  try {
    for (let n = 0; n < PIECES; n++) {
      yield pieceOf(n);
      if (n % 8 === 7) await sleep(1);
    }
  } finally {
    alive--;
  }
}

const byPath: Readonly<Record<string, Handler>> = {
  "/text": (request) => `text for ${request.query.get("id")}`,
  "/json": (request) => ({ id: request.query.get("id"), list: [1, 2, 3] }),
  "/close": (request) =>
    reply(`last for ${request.query.get("id")}`, { headers: { connection: "close" } }),
  "/echo": async (request) => request.json() as Promise<object>,
  "/up": async (request) => {
    let bytes = 0;
    for await (const chunk of request.body) bytes += chunk.length;
    return { bytes };
  },
  "/down": () => down(),
  "/big": () => new Uint8Array(400_000).fill(7),
  "/early": () => "not read",
  "/slow": () =>
    counted(async () => {
      await withTaskGroup((group) => {
        for (let i = 0; i < 2; i++) group.spawn(() => counted(() => sleep(200)));
      });
      return "slow";
    }),
  "/throws": () => {
    throw new Error("as it should");
  },
};

const handler: Handler = (request) => {
  const handle = byPath[request.path];
  if (handle === undefined) throw new HttpError(404, "there is nothing");
  return counted(async () => handle(request));
};

if (process.send !== undefined) {
  process.on("disconnect", () => process.exit());
  let questions = Promise.resolve();
  process.on("message", (question: ServerQuestion) => {
    questions = questions.then(() => answer(question));
  });
  const before = await holdings();
  const options = { host: "127.0.0.1", port: 0, backlog: 1_024, handlerMs: 5_000, onError: () => {} };
  const server = await serve(handler, options);
  const report = (held: Holdings): void => {
    const { port } = server;
    process.send?.({ port, holdings: held, stats: server.stats(), alive } satisfies ServerReport);
  };
  const answer = async (question: ServerQuestion): Promise<void> => {
    if (question === "close") await server.close({ drainMs: 0 });
    while (server.stats().connections > 0 || alive > 0) await pause(20);
    report(await holdings());
  };
  currentRuntime().log = ({ message }) => process.stderr.write(`${message}\n`);
  report(before);
}
