/**
 * The server against clients that are no clients: they send so many bytes of a request, for every number, and then end, reset, say nothing,
 * or go on byte by byte.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import {
  serve,
  type HttpServer,
  type HttpRequest,
  type Reply,
  type ServeOptions,
} from "../../../src/http.ts";
import { connect, ConnectionReset, StreamClosed, type ByteStream } from "../../../src/io.ts";
import { explore, type Simulation } from "../../../src/testing.ts";

const PORT = 80;
/** Production's, and a drawn one: cuts and delays differ from byte to byte as it is. */
const few = { runs: 2, checksDeterminism: false };
const one = { runs: 1 };
const BODY = "a body, in full";

/** What the handlers have done in all. */
class Handled {
  begun = 0;
  alive = 0;
  /** Bodies that were read to their ends. */
  readonly bodies: string[] = [];

  readonly handle = async (request: HttpRequest): Promise<Reply> => {
    this.begun++;
    this.alive++;
    try {
      if (request.path === "/slow") await sleep(50);
      if (request.path === "/big") return "x".repeat(400_000);
      if (request.path === "/endless") return this.#endless();
      if (request.method === "GET") return "answer";
      this.bodies.push(await request.text());
      return `read ${this.bodies.at(-1)}`;
    } finally {
      this.alive--;
    }
  };

  async *#endless(): AsyncGenerator<string> {
    this.alive++;
    try {
      for (;;) {
        yield "y".repeat(10_000);
        await sleep(1);
      }
    } finally {
      this.alive--;
    }
  }
}

interface Scene {
  readonly server: HttpServer;
  readonly handled: Handled;
  /** Runs `use` with a connection, and waits until the server knows nothing of it; gives what came on it. */
  visit(use: (stream: ByteStream) => Promise<void>): Promise<string>;
}

/** The peer has reset the connection, or we have aborted it. */
function isGone(error: unknown): boolean {
  return error instanceof ConnectionReset || error instanceof StreamClosed;
}

/** What comes, until the connection is over. */
async function heard(stream: ByteStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  return text;
}

/** What is written does not get through to a server that has closed. */
async function trying(use: () => Promise<void>): Promise<void> {
  try {
    await use();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function visited(use: (stream: ByteStream) => Promise<void>): Promise<string> {
  await using stream = await connect({ host: "server", port: PORT });
  return await withTaskGroup(async (group) => {
    const hearing = group.spawn("ear", () => heard(stream));
    await trying(() => use(stream));
    const text = await withTimeoutOr(200_000, () => hearing.join(), null);
    assert.ok(text !== null, "the connection has an end");
    return text;
  });
}

function scene(
  t: Simulation,
  options: ServeOptions,
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  const handled = new Handled();
  return withTaskGroup(async (group) => {
    const server = await group.startService<HttpServer>("server", (ready) =>
      t.host("server").run(async () => {
        await using opened = await serve(handled.handle, { port: PORT, ...options });
        ready(opened);
        await sleep(Infinity);
      }),
    );
    const visit: Scene["visit"] = async (use) => {
      const text = await visited(use);
      await sleep(30);
      const { connections, inFlight, failed } = server.stats();
      assert.deepEqual({ connections, inFlight, failed }, { connections: 0, inFlight: 0, failed: 0 });
      assert.equal(handled.alive, 0);
      return text;
    };
    await t.host("client").run(() => body({ server, handled, visit }));
  });
}

/** Responses that are whole, by their statuses; a part of one is `"part"`. */
function statuses(text: string): string[] {
  const found: string[] = [];
  for (let rest = text; rest !== "";) {
    const match = /^HTTP\/1\.1 ([0-9]{3}) .*?\r\n(.*?)\r\n\r\n/s.exec(
      `${rest.replace("\r\n\r\n", "\r\n\r\n\r\n")}`,
    );
    const end = rest.indexOf("\r\n\r\n") + 4;
    const length = Number(/^content-length: ([0-9]+)\r$/im.exec(rest.slice(0, end))?.[1] ?? 0);
    if (match === null || rest.length < end + length) return [...found, "part"];
    found.push(match[1] ?? "");
    rest = rest.slice(end + length);
  }
  return found;
}

const GET = "GET /a?b=c HTTP/1.1\r\nHost: server\r\nX-Field: value\r\n\r\n";
const SLOW = "GET /slow HTTP/1.1\r\nHost: server\r\n\r\n";
const POST = `POST /p HTTP/1.1\r\nHost: server\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
const CHUNKED =
  "POST /c HTTP/1.1\r\nHost: server\r\nTransfer-Encoding: chunked\r\n\r\n" +
  `7;x=y\r\n${BODY.slice(0, 7)}\r\n8\r\n${BODY.slice(7)}\r\n0\r\nX-Trailer: v\r\n\r\n`;

interface Case {
  readonly name: string;
  readonly text: string;
  /** How many bytes of it belong to each request, in all up to the n-th. */
  readonly ends: readonly number[];
}

const cases: readonly Case[] = [
  { name: "a GET", text: GET, ends: [GET.length] },
  { name: "a GET that takes its time", text: SLOW, ends: [SLOW.length] },
  { name: "a POST with a length", text: POST, ends: [POST.length] },
  { name: "a POST in chunks", text: CHUNKED, ends: [CHUNKED.length] },
  {
    name: "three in a pipeline",
    text: GET + POST + GET,
    ends: [GET.length, GET.length + POST.length, 2 * GET.length + POST.length],
  },
];

const ok = (count: number): string[] => Array.from({ length: count }, () => "200");

for (const { name, text, ends } of cases) {
  const wholeIn = (n: number): number => ends.filter((end) => end <= n).length;
  const isSlow = text === SLOW;
  const stride = ends.length;

  describe(`A server to which ${name} is sent`, () => {
    it("answers what was whole, and is rid of the rest, when the client ends its data after any byte", async () => {
      await explore(few, (t) =>
        scene(t, {}, async ({ handled, visit }) => {
          for (let n = 0; n <= text.length; n += stride) {
            const before = handled.bodies.length;
            const got = await visit(async (stream) => {
              if (n > 0) await stream.write(text.slice(0, n));
              await stream.end();
            });
            // A client that has ended counts as gone, so that its last answer may be missing.
            const all = statuses(got);
            assert.ok(
              all.every((status) => status === "200") && all.length <= wholeIn(n),
              `${n}: ${got}`,
            );
            assert.ok(!isSlow || all.length === 0, `${n}: ${got}`);
            for (const body of handled.bodies.slice(before)) assert.equal(body, BODY);
          }
        }),
      );
    });

    it("is rid of it when the client resets the connection after any byte", async () => {
      await explore(one, (t) =>
        scene(t, {}, async ({ handled, visit }) => {
          for (let n = 0; n <= text.length; n += stride) {
            await visit(async (stream) => {
              if (n > 0) await stream.write(text.slice(0, n));
              await sleep(5);
              stream.abort();
            });
          }
          for (const body of handled.bodies) assert.equal(body, BODY);
        }),
      );
    });

    it("answers what was whole, then 408, when the client says no more after any byte", async () => {
      await explore(one, (t) =>
        scene(t, { idleMs: 30_000 }, async ({ handled, visit }) => {
          for (let n = 0; n <= text.length; n += stride) {
            const started = t.now();
            const got = await visit((stream) =>
              n > 0 ? stream.write(text.slice(0, n)) : Promise.resolve(),
            );
            const count = wholeIn(n);
            const isBetween = n === 0 || ends[count - 1] === n;
            assert.deepEqual(
              statuses(got),
              isBetween ? ok(count) : [...ok(count), "408"],
              `${n}: ${got}`,
            );
            assert.ok(t.now() - started < 40_000, `after ${t.now() - started} ms`);
          }
          for (const body of handled.bodies) assert.equal(body, BODY);
        }),
      );
    });

    it("answers it when it comes byte by byte, and 408 when that takes too long", async () => {
      const trickled = async (stream: ByteStream, ms: number): Promise<void> => {
        for (const byte of text) {
          await stream.write(byte);
          await sleep(ms);
        }
      };
      await explore(few, (t) =>
        scene(t, { headMs: 1_000, idleMs: 5_000 }, async ({ visit }) => {
          const quick = await visit((stream) => trickled(stream, 1));
          assert.deepEqual(statuses(quick), ok(ends.length), quick);
          const late = await visit((stream) => trickled(stream, 400));
          assert.deepEqual(statuses(late), ["408"], late);
        }),
      );
    });
  });
}

describe("A server whose client reads nothing of its reply", () => {
  for (const path of ["/big", "/endless"]) {
    it(`cuts the connection after sendMs, and ends the handler of ${path}`, async () => {
      await explore({ runs: 10 }, (t) =>
        scene(t, { sendMs: 2_000 }, async ({ server, handled }) => {
          await using stream = await connect({ host: "server", port: PORT });
          await stream.write(`GET ${path} HTTP/1.1\r\nHost: server\r\n\r\n`);
          await sleep(1_000);
          assert.equal(server.stats().inFlight, 1);
          assert.equal(handled.begun, 1);
          await sleep(5_000);
          const { connections, inFlight, timedOut } = server.stats();
          assert.deepEqual(
            { connections, inFlight, timedOut },
            { connections: 0, inFlight: 0, timedOut: 1 },
          );
          assert.equal(handled.alive, 0);
        }),
      );
    });
  }
});

/** Asks again and again, as long as the connection is open, a request for each answer. */
async function asking(stream: ByteStream, asked: { count: number }): Promise<string> {
  let text = "";
  await trying(async () => {
    for (;;) {
      await stream.write(GET);
      asked.count++;
      const head = new TextDecoder().decode(await stream.readUntil("\r\n\r\n"));
      const body = await stream.readExactly(Number(/content-length: ([0-9]+)/.exec(head)?.[1]));
      text += head + new TextDecoder().decode(body);
      await sleep(3);
      if (/connection: close/.test(head)) break;
    }
    assert.equal(await stream.read(), null);
  });
  return text;
}

describe("A server that is closed at any time", () => {
  it("says so in its last answer, and answers all that came before", async () => {
    for (let atMs = 2; atMs < 14; atMs++) {
      await explore({ runs: 4 }, (t) =>
        scene(t, {}, async ({ server, handled }) => {
          await using stream = await connect({ host: "server", port: PORT });
          const asked = { count: 0 };
          await withTaskGroup(async (group) => {
            group.spawn("operator", async () => {
              await sleep(atMs);
              await t.host("server").run(() => server.close());
            });
            const text = await asking(stream, asked);
            assert.deepEqual(statuses(text), ok(asked.count));
            assert.equal(handled.begun, asked.count);
            assert.equal(text.split("connection: close").length, 2, text);
          });
        }),
      );
    }
  });
});
