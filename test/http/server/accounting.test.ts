/** The figures of a server, whatever its handlers and clients do: a random program for each seed, under a few schedules. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withShield, withTaskGroup } from "../../../src/index.ts";
import { reply, type Handler, type HttpRequest, type Reply } from "../../../src/http.ts";
import { connect, withNetwork, type ByteStream } from "../../../src/io.ts";
import { ServerCore } from "../../../src/http/server/core.ts";
import { HttpServer } from "../../../src/http/server/http-server.ts";
import { planOf, type ServeOptions } from "../../../src/http/server/options.ts";
import { checkListenAddress, listenSettings, openListener } from "../../../src/io/net/listen-socket.ts";
import { currentNetwork } from "../../../src/io/net/network.ts";
import { MemoryNetwork, simulate } from "../../../src/testing.ts";
import { logTexts } from "../../log-texts.ts";

const SEEDS = 12;

const below = (end: number): number => Math.floor(Math.random() * end);
const oneOf = <T>(values: readonly T[]): T => values[below(values.length)]!;

/** Does not end when it is cancelled. */
const stubborn = (ms: number): Promise<void> => withShield(Infinity, () => sleep(ms));

/** Goes on when it is cancelled. */
async function swallowing(ms: number): Promise<void> {
  for (let n = 0; n < 4; n++)
    try {
      await sleep(ms);
    } catch {
      // Told again by the next one.
    }
}

type Stream = (ms: number, request: HttpRequest) => AsyncGenerator<string | Uint8Array>;

const streams: Readonly<Record<string, Stream>> = {
  async *"that has nothing"() {},
  async *"that fails at once"(ms) {
    await sleep(ms);
    throw new Error("no first piece");
  },
  async *"that fails later"(ms) {
    yield "first";
    await sleep(ms);
    throw new Error("no second piece");
  },
  async *"whose head comes early"(ms, request) {
    yield "";
    await sleep(ms);
    yield `${(await request.text()).length}`;
  },
  async *"that reads first"(ms, request) {
    await sleep(ms);
    yield `${(await request.text()).length}`;
  },
  async *"that is large"(ms) {
    yield "x".repeat(100_000);
    await sleep(ms);
    yield new Uint8Array(70_000);
  },
  async *"that does not begin"(ms) {
    await stubborn(ms * 3);
    yield "late";
  },
  async *"that does not end"(ms) {
    yield "first";
    await stubborn(ms * 3);
    yield "late";
  },
  async *"that swallows"(ms) {
    await swallowing(ms);
    yield "late";
  },
};

const anyStream: Stream = (ms, request) => oneOf(Object.values(streams))(ms, request);

type Kind = (ms: number, request: HttpRequest, server: HttpServer) => Reply | Promise<Reply>;

const kinds: readonly Kind[] = [
  () => "text",
  () => "x".repeat(200_000),
  anyStream,
  anyStream,
  (ms, request) => reply(anyStream(ms, request), { trailers: { sum: "1" } }),
  (ms, request) => reply(anyStream(ms, request), { headers: { "content-length": oneOf(["0", "5"]) } }),
  async (ms) => {
    await sleep(ms);
  },
  async (_ms, request) => request.text(),
  () => {
    throw new Error("failed");
  },
  async (ms, request) => {
    await stubborn(ms * 3);
    return anyStream(ms, request);
  },
  async (ms) => {
    await swallowing(ms);
    return "swallowed";
  },
  async (ms) => {
    await stubborn(ms * 2);
    throw new Error("failed late");
  },
  async (ms, _request, server) => {
    if (below(4) === 0) await server.close({ drainMs: ms });
    return "closing";
  },
];

const departures: ReadonlyArray<(stream: ByteStream) => Promise<void> | void> = [
  (stream) => stream.abort(),
  (stream) => stream.close(),
  (stream) => stream.end(),
  () => {},
];

/** Sends a few requests, one behind the other, and leaves in some way. */
async function visit(server: HttpServer): Promise<void> {
  await sleep(below(30));
  try {
    await using stream = await connect(server.address);
    await withTaskGroup(async (group) => {
      group.spawnService(() => taking(stream));
      for (let rest = 1 + below(4); rest > 0; rest--) await ask(stream);
      await oneOf(departures)(stream);
      await sleep(below(60));
    });
  } catch {
    // The server has closed the connection, or listens no more.
  }
}

async function ask(stream: ByteStream): Promise<void> {
  const size = oneOf([0, 0, 10, 50_000, 200_000]);
  const method = size === 0 ? oneOf(["GET", "HEAD"]) : "POST";
  const fields = oneOf(["", "Expect: 100-continue\r\n"]);
  const version = oneOf(["1.1", "1.1", "1.1", "1.0"]);
  const length = size === 0 ? "" : `Content-Length: ${size}\r\n${fields}`;
  await stream.write(`${method} / HTTP/${version}\r\nHost: a\r\n${length}\r\n`);
  await sleep(below(8));
  if (below(6) > 0) await stream.write("p".repeat(size));
  await sleep(below(15));
}

/** Takes what comes, at times slowly. */
async function taking(stream: ByteStream): Promise<void> {
  while ((await stream.read().catch(() => null)) !== null) if (below(4) === 0) await sleep(below(10));
  await sleep(Infinity);
}

function anyOptions(): ServeOptions {
  return {
    accessLog: true,
    allowHalfClose: oneOf([true, false]),
    maxRequests: oneOf([2, 4, Infinity]),
    maxQueuedRequests: oneOf([0, 1, 50]),
    queueMs: oneOf([0, 5, 50]),
    handlerMs: oneOf([0, 5, 20, Infinity]),
    handlerGraceMs: oneOf([0, 3, 10, Infinity]),
    sendMs: oneOf([5, 50, 60_000]),
    closeGraceMs: oneOf([0, 20]),
    drainMs: oneOf([0, 10, Infinity]),
  };
}

class Play {
  readonly #core: ServerCore = new ServerCore(
    planOf("serve", (request) => this.#handle(request), anyOptions()),
  );
  readonly #server: HttpServer;
  #alive = 0;

  constructor() {
    const at = checkListenAddress({ host: "127.0.0.1", port: 80 });
    const network = currentNetwork();
    this.#server = new HttpServer(this.#core, at, network, (events) =>
      openListener(network, at, listenSettings("serve", {}), events),
    );
  }

  async run(): Promise<void> {
    const server = this.#server;
    await server.start("serve");
    await withTaskGroup(async (group) => {
      for (let n = 0; n < 5; n++) group.spawn(() => visit(server));
      group.spawnService(() => this.#watch());
      if (below(2) === 0) {
        await sleep(below(60));
        await server.close({ drainMs: oneOf([0, 5, 1_000]) });
      }
    });
    await server.close();
  }

  /** When all is over: how many requests came, and how many got a whole reply. */
  checked(): { readonly requests: number; readonly answered: number } {
    const { connections, inFlight, queued, stuck, requests, answered } = this.#server.stats();
    assert.deepEqual([connections, inFlight, queued, stuck, this.#alive], [0, 0, 0, 0, 0]);
    const { handshake, head, idle, grace, body, send, linger, farewell, handling, ending } = this.#core;
    const phases = [handshake, head, idle, grace, body, send, linger, farewell, handling, ending];
    for (const { name, size } of phases) assert.equal(size, 0, name);
    return { requests, answered };
  }

  #handle: Handler = async (request) => {
    this.#alive++;
    try {
      return await oneOf(kinds)(below(12), request, this.#server);
    } finally {
      this.#alive--;
    }
  };

  async #watch(): Promise<void> {
    for (;;) {
      const { inFlight } = this.#server.stats();
      assert.ok(inFlight >= 0 && inFlight <= this.#core.plan.maxRequests, `${inFlight} in flight`);
      await sleep(1);
    }
  }
}

describe("The figures of a server", () => {
  for (let seed = 0; seed < SEEDS; seed++)
    it(
      `add up, and nothing is left, whatever handlers and clients do (${seed})`,
      simulate({ seed, runs: 3, faults: { network: seed % 3 === 0 } }, async () => {
        let sums = { requests: 0, answered: 0 };
        const texts = await logTexts(() =>
          withNetwork(new MemoryNetwork({ windowBytes: oneOf([64, 1_024, 65_536]) }), async () => {
            const play = new Play();
            await play.run();
            sums = play.checked();
          }),
        );
        const records = texts.filter((text) => text.startsWith("TSY_HTTP_ACCESS"));
        const whole = records.filter((text) => !/, (no reply|broken off)$/.test(text));
        assert.deepEqual({ requests: records.length, answered: whole.length }, sums);
      }),
    );
});
