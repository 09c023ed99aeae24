import assert from "node:assert/strict";
import { gzipSync, brotliCompressSync } from "node:zlib";
import { describe, it } from "node:test";
import { sleep } from "../../../src/index.ts";
import { BodyTooLarge } from "../../../src/http/body/errors.ts";
import { HttpProtocolError, HttpRequestFailed } from "../../../src/http.ts";
import { clientOf, failureOf, offline, ok, rawServer } from "./raw-server.ts";

const idle = { open: 1, idle: 1, connecting: 0, waiting: 0 };
const nothing = { open: 0, idle: 0, connecting: 0, waiting: 0 };

describe("A response", () => {
  it(
    "to HEAD, of 204 and of 304 has no body, whatever it announces, and its connection is kept",
    offline(async () => {
      const answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n",
        ok("body"),
      ];
      await using server = await rawServer(() => answers.shift());
      await using http = clientOf();
      assert.equal(await http.head("/").text(), "");
      assert.equal(await http.get("/").text(), "");
      assert.equal(await http.get("/").text(), "");
      assert.equal(await http.get("/").text(), "body");
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "without a length ends with its connection, which is not used again",
    offline(async () => {
      await using server = await rawServer(async ({ write }) => {
        await write("HTTP/1.1 200 OK\r\n\r\nhello");
        await sleep(5);
        await write(" world");
        return null;
      });
      await using http = clientOf();
      assert.equal(await http.get("/").text(), "hello world");
      assert.deepEqual(http.stats(), nothing);
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "in chunks is put together, and its trailers are there at its end",
    offline(async () => {
      await using _ = await rawServer(async ({ write }) => {
        await write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n");
        await sleep(5);
        await write("1\r\n!\r\n0\r\nX-Checksum: 42\r\n\r\n");
      });
      await using http = clientOf();
      const response = await http.get("/");
      assert.equal(response.trailers === null, true);
      assert.equal(await response.text(), "hello!");
      assert.equal(response.trailers?.get("x-checksum"), "42");
      assert.deepEqual(http.stats(), idle);
    }),
  );

  it(
    "in chunks that came with the head is delivered at once, with its trailers",
    offline(async () => {
      await using _ = await rawServer(
        () =>
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n",
      );
      await using http = clientOf();
      const response = await http.get("/");
      assert.equal(await response.text(), "hello");
      assert.equal(response.trailers?.get("a"), "b");
      assert.deepEqual(http.stats(), idle);
    }),
  );

  it(
    "comes as it is, whatever the pieces in which it comes",
    offline(async () => {
      const text =
        "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nC: d\r\n\r\n";
      await using server = await rawServer(async ({ write }) => {
        for (const byte of text) {
          await write(byte);
          await sleep(1);
        }
      });
      await using http = clientOf();
      for (let round = 0; round < 2; round++) {
        const response = await http.get("/");
        assert.equal(response.headers.get("a"), "b");
        assert.equal(await response.text(), "hello");
        assert.equal(response.trailers?.get("c"), "d");
      }
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "comes after interim ones",
    offline(async () => {
      await using _ = await rawServer(
        () =>
          `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${ok("hello")}`,
      );
      await using http = clientOf();
      const response = await http.get("/");
      assert.equal(response.status, 200);
      assert.equal(response.headers.has("link"), false);
      assert.equal(await response.text(), "hello");
      assert.deepEqual(http.stats(), idle);
    }),
  );

  it(
    "is decompressed, in one piece and in many, unless decompress says otherwise",
    offline(async () => {
      const content = "compressed ".repeat(1_000);
      const codes = { gzip: gzipSync(content), br: brotliCompressSync(content) };
      await using _ = await rawServer(async ({ head, stream, write }) => {
        const coding = head.includes("/br") ? "br" : "gzip";
        const code = codes[coding];
        await write(
          `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${code.length}\r\n\r\n`,
        );
        if (head.includes("slow")) {
          await stream.write(code.subarray(0, 20));
          await sleep(5);
          await stream.write(code.subarray(20));
        } else await stream.write(code);
      });
      await using http = clientOf();
      for (const path of ["/gzip", "/br", "/gzip-slow", "/br-slow"])
        assert.equal(await http.get(path).text(), content, path);
      const raw = await http.get("/gzip", { decompress: false }).bytes();
      assert.deepEqual(new Uint8Array(raw), new Uint8Array(codes.gzip));
      assert.deepEqual(http.stats(), idle);
    }),
  );

  it(
    "that is a bomb is refused before it goes off",
    offline(async () => {
      const bomb = gzipSync(new Uint8Array(30_000_000));
      await using _ = await rawServer(async ({ write, stream }) => {
        await write(
          `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`,
        );
        await stream.write(bomb);
      });
      await using http = clientOf();
      assert.ok((await failureOf(http.get("/").bytes())) instanceof BodyTooLarge);
    }),
  );

  it(
    "is not read whole beyond maxBodyBytes, and its connection is closed then",
    offline(async () => {
      await using _ = await rawServer(async ({ write }) => {
        await write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (let n = 0; n < 100; n++) await write(`400\r\n${"x".repeat(1_024)}\r\n`);
        await sleep(1);
      });
      await using http = clientOf({ maxBodyBytes: 10_000 });
      assert.ok((await failureOf(http.get("/").text())) instanceof BodyTooLarge);
      await sleep(5);
      assert.deepEqual(http.stats(), nothing);
    }),
  );

  it(
    "that is no HTTP makes the request fail, with what is wrong",
    offline(async () => {
      const answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
      ];
      await using _ = await rawServer(() => answers.shift());
      await using http = clientOf();
      for (let left = answers.length; left > 0; left--) {
        const error = await failureOf(http.get("/"));
        assert.ok(error instanceof HttpRequestFailed, error.message);
        if (left > 1) assert.ok(error.cause instanceof HttpProtocolError);
        assert.equal(error.phase, "head");
        assert.deepEqual(http.stats(), nothing);
      }
    }),
  );

  it(
    "that is cut off makes the reading fail, after what has come",
    offline(async () => {
      for (const head of ["Content-Length: 10", "Transfer-Encoding: chunked"]) {
        await using _ = await rawServer(async ({ write }) => {
          await write(
            `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${head.includes("chunked") ? "a\r\n" : ""}hello`,
          );
          await sleep(5);
          return null;
        });
        await using http = clientOf();
        const response = await http.get("/");
        const chunks: string[] = [];
        const error = await failureOf(
          (async () => {
            for await (const chunk of response.body) chunks.push(new TextDecoder().decode(chunk));
          })(),
        );
        assert.deepEqual(chunks, ["hello"]);
        assert.ok(error instanceof HttpRequestFailed, String(error));
        assert.equal(error.phase, "body");
        assert.deepEqual(http.stats(), nothing);
      }
    }),
  );
});

describe("The body of a response", () => {
  it(
    "holds the server back while nobody reads it",
    offline(async () => {
      let written = 0;
      await using _ = await rawServer(async ({ write }) => {
        await write("HTTP/1.1 200 OK\r\nContent-Length: 6553600\r\n\r\n");
        for (; written < 100; written++) await write("x".repeat(65_536));
      });
      await using http = clientOf();
      const response = await http.get("/");
      await sleep(100);
      assert.ok(written < 10, `${written} of 100 pieces`);
      assert.ok(response.body.bufferedBytes <= 4 * 65_536, `${response.body.bufferedBytes} bytes`);
      assert.equal((await response.bytes()).length, 6_553_600);
      assert.deepEqual(http.stats(), idle);
    }),
  );

  it(
    "is read by lines, and closed where the loop is left",
    offline(async () => {
      await using server = await rawServer(async ({ head, write, stream }) => {
        if (head.startsWith("GET /all")) return ok("one\ntwo\n\nfour");
        await write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\none\ntwo\n\r\n");
        await stream.read().catch(() => null);
        return null;
      });
      await using http = clientOf();
      const lines: string[] = [];
      for await (const line of http.get("/all").lines()) lines.push(line);
      assert.deepEqual(lines, ["one", "two", "", "four"]);
      for await (const line of http.get("/endless").lines()) {
        assert.equal(line, "one");
        break;
      }
      assert.deepEqual(http.stats(), nothing);
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "is read as a web stream, and closed where that is cancelled",
    offline(async () => {
      await using _ = await rawServer(async ({ head, write, stream }) => {
        await write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        if (head.startsWith("GET /endless")) await stream.read().catch(() => null);
        else await sleep(5);
        return "6\r\n world\r\n0\r\n\r\n";
      });
      await using http = clientOf();
      const decoder = new TextDecoder();
      let text = "";
      for await (const chunk of (await http.get("/")).stream()) text += decoder.decode(chunk);
      assert.equal(text, "hello world");
      const reader = (await http.get("/endless")).stream().getReader();
      assert.equal(decoder.decode((await reader.read()).value), "hello");
      await reader.cancel();
      assert.deepEqual(http.stats(), nothing);
    }),
  );

  it(
    "tells when things happened",
    offline(async () => {
      await using _ = await rawServer(async ({ write }) => {
        await sleep(30);
        await write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
        await sleep(20);
        await write("b");
      });
      await using http = clientOf();
      const response = await http.get("/");
      assert.equal(response.timings.endMs, null);
      await response.text();
      const { connectionMs, sentMs, headMs, endMs, isReused } = response.timings;
      assert.deepEqual(
        { connectionMs, sentMs, headMs, endMs, isReused },
        {
          connectionMs: 0,
          sentMs: 0,
          headMs: 30,
          endMs: 50,
          isReused: false,
        },
      );
      assert.equal((await http.get("/")).timings.isReused, true);
    }),
  );

  it(
    "that redirects is followed, and its connection used again",
    offline(async () => {
      await using server = await rawServer(({ head }) =>
        head.startsWith("GET /a")
          ? "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 4\r\n\r\ngone"
          : ok("there"),
      );
      await using http = clientOf();
      const response = await http.get("/a");
      assert.equal(await response.text(), "there");
      assert.equal(response.url, "http://shop/b");
      assert.deepEqual(
        response.history.map(({ status }) => status),
        [302],
      );
      assert.equal(server.connections, 1);
      const first = await http.get("/a", { maxRedirects: 0 });
      assert.deepEqual([first.status, await first.text()], [302, "gone"]);
    }),
  );
});
