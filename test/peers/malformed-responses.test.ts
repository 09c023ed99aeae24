/** Servers that are no servers, over real connections: our client says what is wrong, and lets nothing of it reach another request. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { describe, it } from "node:test";
import { HttpClient, HttpProtocolError, HttpRequestFailed } from "../../src/http.ts";
import { malformedResponses } from "../http/wire/malformed-responses.ts";
import { soon } from "./judged.ts";

interface Fake extends AsyncDisposable {
  readonly url: string;
  connections: number;
}

/** A server that does `serve` with each connection, once a request has come on it. */
async function fake(serve: (socket: Socket, index: number) => unknown): Promise<Fake> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const index = it.connections++;
    sockets.add(socket);
    socket.setNoDelay(true).on("error", () => {});
    socket.once("data", () => void serve(socket, index));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const it: Fake = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return it;
}

const response = (body: string, fields = ""): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;

async function inPieces(socket: Socket, text: string, pieceBytes: number): Promise<void> {
  for (let at = 0; at < text.length && socket.writable; at += pieceBytes) {
    socket.write(text.slice(at, at + pieceBytes), "latin1");
    if (pieceBytes < text.length) await new Promise(setImmediate);
  }
}

describe("our client", () => {
  for (const pieceBytes of [Infinity, 1])
    it(`refuses each malformed response${pieceBytes === 1 ? ", byte by byte," : ""} and asks the next server`, async () => {
      const rows = malformedResponses.filter(
        ({ what, bytes }) =>
          // That one begins with a whole response; see below.
          what !== "bytes behind a response" && (pieceBytes === Infinity || bytes.length < 300),
      );
      await using bad = await fake((socket, index) =>
        inPieces(socket, rows[index]?.bytes ?? "", pieceBytes),
      );
      await using good = await fake((socket) => {
        socket.on("data", () => socket.write(response("hello")));
        socket.write(response("hello"));
      });
      await using http = new HttpClient({ totalMs: 10_000 });
      for (const { what, method, rule } of rows) {
        const refused = await http
          .request(method, bad.url)
          .text()
          .then(
            (text) => `a response: ${text}`,
            (error: unknown) => error,
          );
        assert.ok(refused instanceof HttpRequestFailed, `${what}: ${String(refused)}`);
        assert.ok(refused.cause instanceof HttpProtocolError, `${what}: ${String(refused.cause)}`);
        assert.equal(refused.cause.rule, rule, what);
        assert.equal(await http.get(good.url).text(), "hello");
      }
      assert.deepEqual([bad.connections, good.connections], [rows.length, 1]);
      assert.equal(http.stats().open, 1);
    });

  it("takes a response for what was asked, and nothing that comes behind it", async () => {
    const behind = [
      response("evil"),
      "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      "x",
      "\r\n",
    ];
    for (const more of behind) {
      // In the same piece, in the next one, and when the connection idles already.
      for (const way of ["together", "behind", "later"])
        await (async () => {
          await using server = await fake(async (socket, index) => {
            const answer = response(`answer ${index}`);
            if (way === "together") socket.write(answer + more);
            else {
              socket.write(answer);
              if (way === "later") await new Promise(setImmediate);
              socket.write(more);
            }
          });
          await using http = new HttpClient({ baseUrl: server.url });
          for (let i = 0; i < 3; i++) {
            assert.equal(await http.get("/").text(), `answer ${i}`, `${JSON.stringify(more)} ${way}`);
            await soon("the connection is closed", () => http.stats().open === 0);
          }
        })();
    }
  });

  it("is not led to wait by a server that says nothing, or only hints", async () => {
    await using silent = await fake(() => {});
    await using hinting = await fake(async (socket) => {
      while (socket.writable) {
        socket.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
        await new Promise(setImmediate);
      }
    });
    await using http = new HttpClient();
    await assert.rejects(http.get(silent.url, { firstByteMs: 50 }), { name: "HttpTimeout" });
    await assert.rejects(http.get(hinting.url), { name: "HttpRequestFailed", phase: "head" });
    await assert.rejects(http.get(silent.url, { totalMs: 50 }), {
      name: "HttpTimeout",
      limit: "totalMs",
    });
    assert.equal(http.stats().open, 0);
  });

  it("does not wait for the end of a connection that a whole response does not need", async () => {
    await using server = await fake((socket) => socket.write(response("hello", "Connection: close\r\n")));
    await using http = new HttpClient({ baseUrl: server.url });
    assert.equal(await http.get("/").text(), "hello");
    assert.equal(http.stats().open, 0);
  });
});
