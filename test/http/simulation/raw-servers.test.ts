/**
 * The client against servers that are no servers: they send so many bytes of a response, for every number, and then end, reset, or say
 * nothing more.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { brandOf } from "../../../src/base/tsyncio-error.ts";
import { HttpClient, type HttpClientOptions } from "../../../src/http.ts";
import { listen, type ByteStream } from "../../../src/io.ts";
import { explore, type Simulation } from "../../../src/testing.ts";

const PORT = 80;
const BODY = "the body of it, in full";
const KEPT = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept";
const AGAIN = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain";
/** Production's, and a drawn one: cuts and delays differ from byte to byte as it is. */
const few = { runs: 2, checksDeterminism: false };
const one = { runs: 1 };

const actions = ["end", "reset", "stall"] as const;
type Action = (typeof actions)[number];

interface Script {
  /** What is answered to the first requests, each whole. */
  readonly before: readonly string[];
  /** What is answered then, and what comes behind it. */
  readonly text: string;
  readonly action: Action;
}

/** What came to the server: the request lines, of all connections. */
type Asked = string[];

async function answer(stream: ByteStream, text: string): Promise<void> {
  if (text !== "") await stream.write(text);
}

/** Plays the script once; what is asked for later is answered {@link AGAIN}. */
function playing(script: Script, asked: Asked): (stream: ByteStream) => Promise<void> {
  const left = [...script.before];
  let isPlayed = false;
  const one = async (stream: ByteStream): Promise<boolean> => {
    const head = await stream.readUntil("\r\n\r\n");
    asked.push(new TextDecoder().decode(head).split("\r\n")[0] ?? "");
    const next = left.shift();
    if (next !== undefined || isPlayed) {
      await answer(stream, next ?? AGAIN);
      return true;
    }
    isPlayed = true;
    await answer(stream, script.text);
    // What was written is to arrive before the reset does.
    if (script.action !== "end") await sleep(30);
    if (script.action === "end") await stream.end();
    if (script.action === "reset") stream.abort();
    if (script.action === "stall") await sleep(Infinity);
    return false;
  };
  return async (stream) => {
    try {
      while (await one(stream));
      await stream.readAll();
    } catch {
      // The client has left.
    }
  };
}

interface Scene {
  readonly http: HttpClient;
  readonly asked: Asked;
}

/** Plays the scripts one after the other, each to a client of its own. */
async function scene(
  t: Simulation,
  scripts: readonly Script[],
  options: HttpClientOptions,
  body: (scene: Scene, index: number) => Promise<void>,
): Promise<void> {
  let play: (stream: ByteStream) => Promise<void> = () => Promise.resolve();
  await withTaskGroup(async (group) => {
    await group.startService<void>("server", (ready) =>
      t.host("server").run(async () => {
        await using _ = await listen({ port: PORT }, (stream) => play(stream), { drainMs: 0 });
        ready();
        await sleep(Infinity);
      }),
    );
    await t.host("client").run(async () => {
      for (const [index, script] of scripts.entries()) {
        const asked: Asked = [];
        play = playing(script, asked);
        await act({ http: new HttpClient({ baseUrl: "http://server", ...options }), asked }, index, body);
      }
    });
  });
  t.assertNothingAlive();
}

async function act(
  { http, asked }: Scene,
  index: number,
  body: (scene: Scene, index: number) => Promise<void>,
): Promise<void> {
  await body({ http, asked }, index);
  const { open, connecting, waiting } = http.stats();
  assert.ok(open <= 1 && connecting === 0 && waiting === 0, JSON.stringify(http.stats()));
  await http.close();
  assert.deepEqual(http.stats(), { open: 0, idle: 0, connecting: 0, waiting: 0 });
}

/** What a request came to: what its body was, or the code of its error. */
async function outcome(ask: () => Promise<string>): Promise<string> {
  try {
    return `body ${await ask()}`;
  } catch (error) {
    const code = brandOf(error);
    if (code !== "TSY_HTTP_REQUEST_FAILED" && code !== "TSY_HTTP_TIMEOUT") throw error;
    return code;
  }
}

interface Case {
  readonly name: string;
  readonly method: string;
  readonly text: string;
  readonly body: string;
  /** From how many bytes on all that was announced has come. */
  readonly wholeFrom: number;
  /** Whether its body runs until the end of the connection: from so many bytes on. */
  readonly runsFrom?: number;
}

const head = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n`;
const withLength = head(`Content-Length: ${BODY.length}\r\n`) + BODY;
const chunked =
  head("Transfer-Encoding: chunked\r\n") +
  `a;x=y\r\n${BODY.slice(0, 10)}\r\nd\r\n${BODY.slice(10)}\r\n0\r\nX-Trailer: v\r\n\r\n`;
const untilEnd = head("Content-Type: text/plain\r\n") + BODY;
const continued = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + withLength;
const nothing = "HTTP/1.1 204 No Content\r\n\r\n";
const ofHead = head(`Content-Length: ${BODY.length}\r\n`);

const cases: readonly Case[] = [
  { name: "with a length", method: "GET", text: withLength, body: BODY, wholeFrom: withLength.length },
  { name: "in chunks", method: "GET", text: chunked, body: BODY, wholeFrom: chunked.length },
  { name: "behind others", method: "POST", text: continued, body: BODY, wholeFrom: continued.length },
  { name: "without a body", method: "DELETE", text: nothing, body: "", wholeFrom: nothing.length },
  { name: "to HEAD", method: "HEAD", text: ofHead, body: "", wholeFrom: ofHead.length },
  {
    name: "that runs until the end",
    method: "GET",
    text: untilEnd,
    body: BODY,
    wholeFrom: Infinity,
    runsFrom: untilEnd.length - BODY.length,
  },
];

/** What must come of a response of which `n` bytes came. */
function expected({ body, wholeFrom, runsFrom = Infinity }: Case, n: number, action: Action): RegExp {
  if (n >= wholeFrom) return new RegExp(`^body ${body}$`);
  // Nobody can tell whether that was all.
  if (n >= runsFrom && action === "end") return new RegExp(`^body ${body.slice(0, n - runsFrom)}$`);
  return action === "stall" ? /^TSY_HTTP_TIMEOUT$/ : /^TSY_HTTP_REQUEST_FAILED$/;
}

for (const each of cases) {
  const { name, method, text } = each;

  describe(`A client whose response ${name}`, () => {
    for (const action of actions) {
      it(`takes what is whole, and fails otherwise, when there is ${action} after any byte`, async () => {
        const scripts = Array.from({ length: text.length + 1 }, (_, n) => ({
          before: [],
          text: text.slice(0, n),
          action,
        }));
        await explore(action === "end" ? few : one, (t) =>
          scene(t, scripts, { firstByteMs: 300, gapMs: 200 }, async ({ http, asked }, n) => {
            const since = t.now();
            const got = await outcome(() => http.request(method, "/").text());
            assert.match(got, expected(each, n, action), `after ${n} bytes`);
            assert.equal(asked.length, 1, "nothing is sent twice on new connections");
            assert.ok(t.now() - since < 1_000, `after ${t.now() - since} ms`);
          }),
        );
      });
    }
  });
}

describe("A client whose kept connection fails", () => {
  const failing = async (
    method: string,
    n: number,
    action: Action,
    check: (got: string, asked: Asked) => void,
  ) => {
    const script = { before: [KEPT], text: withLength.slice(0, n), action };
    await explore({ runs: 5 }, (t) =>
      scene(t, [script], { gapMs: 200, firstByteMs: 300 }, async ({ http, asked }) => {
        assert.equal(await http.get("/").text(), "kept");
        check(await outcome(() => http.request(method, "/").text()), asked);
      }),
    );
  };

  for (const action of ["end", "reset"] as const) {
    it(`sends what is idempotent anew, once, when there is ${action} before a byte of the response`, async () => {
      for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]) {
        await failing(method, 0, action, (got, asked) => {
          assert.equal(got, method === "HEAD" ? "body " : "body again");
          assert.equal(asked.length, 3);
        });
      }
    });

    it(`sends nothing anew when there is ${action} within the response, or the request is not idempotent`, async () => {
      for (const n of [1, 10, withLength.length - 1]) {
        await failing("GET", n, action, (got, asked) => {
          assert.equal(got, "TSY_HTTP_REQUEST_FAILED");
          assert.equal(asked.length, 2);
        });
      }
      for (const method of ["POST", "PATCH"]) {
        await failing(method, 0, action, (got, asked) => {
          assert.equal(got, "TSY_HTTP_REQUEST_FAILED");
          assert.equal(asked.length, 2);
        });
      }
    });
  }

  it("sends what is idempotent anew where the connection was made for one who has gone, and lay idle", async () => {
    const script = { before: [], text: "", action: "end" } as const;
    await explore({ runs: 10 }, (t) =>
      scene(t, [script], {}, async ({ http, asked }) => {
        await withTimeoutOr(0.5, () => http.get("/gone").text(), "");
        await sleep(50);
        assert.equal(http.stats().idle, 1);
        assert.equal(await http.get("/").text(), "again");
        assert.deepEqual(asked, ["GET / HTTP/1.1", "GET / HTTP/1.1"]);
      }),
    );
  });

  it("uses no connection on which something came that nobody had asked for", async () => {
    for (const surplus of ["x", withLength]) {
      const script = { before: [KEPT + surplus], text: AGAIN, action: "end" } as const;
      await explore({ runs: 20 }, (t) =>
        scene(t, [script], {}, async ({ http }) => {
          assert.equal(await outcome(() => http.get("/").text()), "body kept");
          await sleep(20);
          assert.equal(http.stats().open, 0);
          assert.equal(await outcome(() => http.get("/").text()), "body again");
        }),
      );
    }
  });
});

/** A proxy could not do worse than to hand the response to one request to another one. */
describe("A client of a server that answers more than it was asked", () => {
  it("takes no byte of it for the response to the next request", async () => {
    const script = { before: [KEPT + withLength], text: AGAIN, action: "end" } as const;
    await explore({ runs: 60 }, (t) =>
      scene(t, [script], {}, async ({ http }) => {
        const first = await outcome(() => http.get("/1").text());
        // At once: what came too much may be on its way yet.
        const second = await outcome(() => http.get("/2").text());
        assert.equal(first, "body kept");
        assert.ok(["body again", "TSY_HTTP_REQUEST_FAILED"].includes(second), second);
      }),
    );
  });
});
