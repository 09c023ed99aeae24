/**
 * The malformed requests of test/http/wire, over real connections: each gets one error, or nothing, and the end of its connection; and the next
 * client gets what it asks for.
 */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import type { HttpServer } from "../../src/http.ts";
import { wireRules } from "../../src/http/wire/rules.ts";
import { malformedRequests } from "../http/wire/malformed-requests.ts";
import { judged, soon } from "./judged.ts";

let server: HttpServer;

before(async () => {
  server = await judged();
});

after(() => server.close({ drainMs: 0 }));

function open(): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(server.port, "127.0.0.1");
  socket
    .setNoDelay(true)
    .once("connect", () => resolve(socket))
    .once("error", reject);
  return promise;
}

/** Sends, without ending its data, and gives what came until the server ended the connection. */
async function exchange(bytes: string, pieceBytes = Infinity): Promise<string> {
  const socket = await open();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let got = "";
  let hasEnded = false;
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => (got += text));
  const over = (): void => {
    hasEnded = true;
    resolve(undefined);
  };
  socket.once("end", over).once("error", over);
  const late = setTimeout(() => socket.destroy(new Error("late")), 5_000);
  for (let at = 0; at < bytes.length && !hasEnded; at += pieceBytes) {
    socket.write(bytes.slice(at, at + pieceBytes), "latin1");
    // A turn for each piece, so that it comes alone.
    if (pieceBytes !== Infinity) await new Promise(setImmediate);
  }
  await promise;
  assert.equal(
    socket.errored,
    null,
    `${JSON.stringify(bytes.slice(0, 80))} had the answer ${JSON.stringify(got)}`,
  );
  clearTimeout(late);
  socket.destroy();
  return got;
}

const RESPONSE =
  /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*?content-length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n/;

/** The statuses of all responses in there; what else is there is a fault. */
function statusesOf(text: string): number[] {
  const statuses: number[] = [];
  for (let rest = text; rest !== "";) {
    const match = RESPONSE.exec(rest);
    assert.ok(match !== null, `this is no response: ${JSON.stringify(rest)}`);
    statuses.push(Number(match[1]));
    rest = rest.slice(match[0].length + Number(match[2]));
  }
  return statuses;
}

/** `/count` reads the body before it answers: what is wrong with that is found, too. */
function assertRefused(text: string, status: number, what: string): void {
  assert.deepEqual(statusesOf(text), [status], what);
  assert.match(text, /\r\nconnection: close\r\n/, what);
}

async function assertServes(): Promise<void> {
  const text = await exchange("GET /hello HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n");
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhello$/);
}

describe("A malformed request on a connection", () => {
  it("is answered with its status and a close, and the next client is served", async () => {
    for (const { what, rule, bytes } of malformedRequests) {
      const text = await exchange(bytes.replace(/^(\S+) \/ /, "$1 /count "));
      assertRefused(text, wireRules[rule][0], `${what} (${rule})`);
      await assertServes();
    }
    await soon("no connection is left", () => server.stats().connections === 0);
    assert.equal(server.stats().failed, 0);
  });

  it("is answered so, too, where it comes byte by byte", async () => {
    const short = malformedRequests.filter(({ bytes }) => bytes.length < 300);
    for (const [index, { what, rule, bytes }] of short.entries()) {
      if (index % 4 !== 0) continue;
      const text = await exchange(bytes.replace(/^(\S+) \/ /, "$1 /count "), 1);
      assertRefused(text, wireRules[rule][0], `${what} (${rule})`);
      await assertServes();
    }
    await soon("no connection is left", () => server.stats().connections === 0);
  });

  it("is not read as a second request behind a first one that is in order", async () => {
    const first = "GET /hello HTTP/1.1\r\nHost: a.example\r\n\r\n";
    for (const { what, rule, bytes } of malformedRequests) {
      const statuses = statusesOf(await exchange(first + bytes.replace(/^(\S+) \/ /, "$1 /count ")));
      assert.deepEqual(statuses, [200, wireRules[rule][0]], `${what} (${rule})`);
    }
    await assertServes();
  });

  it("has nothing behind it read as a request", async () => {
    const { requests } = server.stats();
    const behind = "GET /hello HTTP/1.1\r\nHost: a.example\r\n\r\n".repeat(3);
    let bodies = 0;
    for (const { what, rule, bytes } of malformedRequests) {
      const begun = server.stats().requests;
      assertRefused(
        await exchange(bytes.replace(/^(\S+) \/ /, "$1 /count ") + behind),
        wireRules[rule][0],
        what,
      );
      const more = server.stats().requests - begun;
      // One is the malformed one itself: its head was in order.
      assert.ok(more <= 1, `${what}: ${more} requests`);
      bodies += more;
    }
    assert.ok(server.stats().requests - requests === bodies);
    await assertServes();
  });

  it("is nothing, wherever it is cut off by the client", async () => {
    const whole = [
      "GET /hello HTTP/1.1\r\nHost: a.example\r\n\r\n",
      "POST /count HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello",
      "POST /count HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ];
    for (const request of whole)
      for (let end = 0; end < request.length; end++) {
        const socket = await open();
        const { promise, resolve } = Promise.withResolvers<undefined>();
        let got = "";
        socket.setEncoding("latin1").on("data", (text: string) => (got += text));
        // Whether it is reset or ended does not matter: nobody is there to be told.
        socket.on("error", () => {}).on("close", () => resolve(undefined));
        const late = setTimeout(() => socket.destroy(new Error("late")), 5_000);
        socket.end(request.slice(0, end), "latin1");
        await promise;
        clearTimeout(late);
        assert.notEqual(socket.errored?.message, "late", JSON.stringify(request.slice(0, end)));
        assert.doesNotMatch(got, /^HTTP\/1\.1 200/, JSON.stringify(request.slice(0, end)));
      }
    await assertServes();
    await soon("no connection is left", () => server.stats().connections === 0);
    assert.deepEqual([server.stats().failed, server.stats().inFlight], [0, 0]);
  });
});
