import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep } from "../../../src/index.ts";
import { logRequests } from "../../../src/http.ts";
import { clientOf, failureOf, offline, ok, rawServer, type RawRequest } from "./raw-server.ts";

const decoder = new TextDecoder();

/** Reads a body by its framing, and gives it back as it came. */
async function bodyOf({ head, stream }: RawRequest): Promise<string> {
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) return decoder.decode(await stream.readExactly(Number(length)));
  return decoder.decode(await stream.readUntil("0\r\n\r\n"));
}

const echo = async (request: RawRequest): Promise<string> => ok(await bodyOf(request));

async function* pieces(...texts: readonly string[]): AsyncGenerator<string> {
  for (const text of texts) {
    await sleep(1);
    yield text;
  }
}

describe("The body of a request", () => {
  it(
    "goes out with its length and type, in one piece with the head where it is small",
    offline(async () => {
      await using server = await rawServer(echo);
      await using http = clientOf();
      assert.equal(await http.post("/", { body: "héllo" }).text(), "héllo");
      assert.match(
        server.heads[0] ?? "",
        /\r\nContent-Type: text\/plain;charset=UTF-8\r\nContent-Length: 6\r\n\r\n$/,
      );
      assert.equal(await http.put("/", { body: new Uint8Array([97, 98]) }).text(), "ab");
      assert.match(server.heads[1] ?? "", /\r\nContent-Length: 2\r\n\r\n$/);
      assert.ok(!/content-type/i.test(server.heads[1] ?? ""));
      assert.equal(await http.post("/", { json: { a: [1] } }).text(), '{"a":[1]}');
      assert.match(server.heads[2] ?? "", /\r\nContent-Type: application\/json\r\n/);
      assert.equal(await http.post("/", { form: { a: 1, b: ["x", "y z"] } }).text(), "a=1&b=x&b=y+z");
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "says that it has no bytes where a method has one as a rule, and nothing where it has none",
    offline(async () => {
      await using server = await rawServer(() => ok(""));
      await using http = clientOf();
      for (const method of ["POST", "PUT", "PATCH", "DELETE", "GET"]) await http.request(method, "/");
      assert.deepEqual(
        server.heads.map((head) => /content-length: 0/i.test(head)),
        [true, true, true, false, false],
      );
    }),
  );

  it(
    "has the type that the headers say, where they say one",
    offline(async () => {
      await using server = await rawServer(echo);
      await using http = clientOf();
      await http.post("/", { json: 1, headers: { "content-type": "application/vnd.api+json" } }).text();
      assert.deepEqual(server.heads[0]?.match(/content-type.*/gi), [
        "content-type: application/vnd.api+json",
      ]);
    }),
  );

  it(
    "is sent in chunks where its length is not known",
    offline(async () => {
      await using server = await rawServer(echo);
      await using http = clientOf();
      const text = await http.post("/", { body: pieces("one", "", "three") }).text();
      assert.equal(text, "3\r\none\r\n5\r\nthree\r\n0\r\n\r\n");
      assert.match(server.heads[0] ?? "", /Transfer-Encoding: chunked/);
      assert.equal(await http.get("/", { body: "x" }).text(), "x");
      assert.equal(server.connections, 1, "the connection is kept");
    }),
  );

  it(
    "of many megabytes is not taken from its source faster than the server takes it",
    offline(async () => {
      let taken = 0;
      await using _ = await rawServer(async ({ stream }) => {
        await sleep(100);
        const early = taken;
        await stream.readUntil("0\r\n\r\n", { maxBytes: Infinity });
        return ok(String(early));
      });
      await using http = clientOf();
      async function* source(): AsyncGenerator<Uint8Array> {
        for (; taken < 100; taken++) yield new Uint8Array(16_384);
      }
      const early = Number(await http.post("/", { body: source() }).text());
      assert.equal(taken, 100);
      assert.ok(early < 20, `${early} of 100 pieces before the server read anything`);
    }),
  );

  it(
    "of many megabytes in hand is sent whole",
    offline(async () => {
      await using _ = await rawServer(async (request) => ok(String((await bodyOf(request)).length)));
      await using http = clientOf();
      assert.equal(await http.post("/", { body: new Uint8Array(3_000_000) }).text(), "3000000");
      assert.equal(await http.post("/", { body: "x".repeat(3_000_000) }).text(), "3000000");
      assert.equal(http.stats().idle, 1);
    }),
  );

  it(
    "is sent on while the response comes already",
    offline(async () => {
      await using _ = await rawServer(async ({ stream, write }) => {
        await write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (;;) {
          const line = await stream.readUntil("\r\n");
          const size = Number.parseInt(decoder.decode(line), 16);
          const data = decoder.decode(await stream.readExactly(size + 2));
          await write(size === 0 ? "0\r\n\r\n" : `${(size + 1).toString(16)}\r\n${data.trim()}!\r\n`);
          if (size === 0) return;
        }
      });
      await using http = clientOf();
      const heard: string[] = [];
      async function* source(): AsyncGenerator<string> {
        for (const text of ["one", "two"]) {
          yield text;
          await sleep(10);
          heard.push(`sent ${text}`);
        }
      }
      const response = await http.post("/", { body: source() });
      for await (const chunk of response.body) heard.push(decoder.decode(chunk));
      assert.deepEqual(heard, ["one!", "sent one", "two!", "sent two"]);
      await sleep(1);
      assert.equal(http.stats().idle, 1);
    }),
  );

  it(
    "is not sent on when the server has refused it, and its connection is not used again",
    offline(async () => {
      await using server = await rawServer(async ({ stream }) => {
        await stream.readExactly(5);
        return "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
      });
      await using http = clientOf();
      let ended = false;
      async function* source(): AsyncGenerator<string> {
        try {
          for (;;) {
            yield "more";
            await sleep(10);
          }
        } finally {
          ended = true;
        }
      }
      assert.equal((await http.post("/", { body: source() })).status, 413);
      await sleep(1);
      assert.equal(ended, true);
      assert.equal(http.stats().open, 0);
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "that fails makes the request fail with the same error, and the server see that it broke off",
    offline(async () => {
      let end = "";
      await using _ = await rawServer(async ({ stream }) => {
        end = await stream.readUntil("0\r\n\r\n").then(
          () => "whole",
          () => "broken off",
        );
        return null;
      });
      await using http = clientOf();
      const failure = new Error("the disk is gone");
      async function* source(): AsyncGenerator<string> {
        yield "one";
        throw failure;
      }
      assert.equal(await failureOf(http.post("/", { body: source() })), failure);
      await sleep(10);
      assert.equal(end, "broken off");
      assert.equal(http.stats().open, 0);
    }),
  );

  it(
    "waits for the server to ask for it, with expectContinueMs",
    offline(async (time) => {
      const saw: string[] = [];
      await using _ = await rawServer(async (request) => {
        if (!/\r\nExpect: 100-continue\r\n/.test(request.head)) return ok("no expectation");
        await sleep(50);
        await request.write("HTTP/1.1 100 Continue\r\n\r\n");
        const asked = time.now();
        const body = await bodyOf(request);
        saw.push(`${body} ${time.now() - asked}`);
        return ok("done");
      });
      await using http = clientOf();
      assert.equal(await http.post("/", { body: "hello", expectContinueMs: 1_000 }).text(), "done");
      assert.deepEqual(saw, ["hello 0"]);
    }),
  );

  it(
    "is sent without being asked for when the server has said nothing for expectContinueMs",
    offline(async (time) => {
      await using _ = await rawServer(async (request) => ok(await bodyOf(request)));
      await using http = clientOf();
      const began = time.now();
      assert.equal(await http.post("/", { body: "hello", expectContinueMs: 100 }).text(), "hello");
      assert.equal(time.now() - began, 100);
      assert.equal(http.stats().idle, 1);
    }),
  );

  it(
    "is not sent at all when the server answers the head with a refusal",
    offline(async () => {
      let rest: Uint8Array | null = null;
      await using _ = await rawServer(async ({ stream, write }) => {
        await write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
        rest = await stream.read().catch(() => null);
        return null;
      });
      await using http = clientOf();
      let taken = 0;
      const body = (function* () {
        taken++;
        yield "secret";
      })();
      const response = await http.post("/", { body, expectContinueMs: 1_000 });
      assert.equal(response.status, 401);
      await sleep(10);
      assert.equal(rest, null);
      assert.equal(taken, 0);
      assert.equal(http.stats().open, 0);
    }),
  );

  it(
    "is sent without an expectation, once, to a server that does not meet it",
    offline(async () => {
      await using server = await rawServer(async (request) => {
        if (!request.head.includes("Expect: 100-continue")) return ok(await bodyOf(request));
        await request.write("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 7\r\n\r\nnothing");
        return null;
      });
      const log: string[] = [];
      const watch = logRequests({ log: ({ status, attempt }) => log.push(`${attempt}: ${status}`) });
      await using http = clientOf({ middleware: [watch], expectContinueMs: 1_000 });
      const response = await http.put("/", { body: "hello" });
      assert.deepEqual([response.status, await response.text()], [200, "hello"]);
      assert.deepEqual(log, ["1: 417", "2: 200"]);
      assert.equal(server.heads.length, 2);
      assert.equal(response.history.length, 0);
      assert.equal(http.stats().open, 1);
    }),
  );

  it(
    "is sent without an expectation where a redirect leads to a server that does not meet it",
    offline(async () => {
      await using _ = await rawServer(async (request) => {
        const { head } = request;
        if (head.startsWith("POST /from"))
          return "HTTP/1.1 307 There\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n";
        if (head.includes("Expect")) return "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n";
        return ok(await bodyOf(request));
      });
      await using http = clientOf();
      const text = await http.post("/from", { body: "hello", expectContinueMs: 1_000 }).text();
      assert.equal(text, "hello");
    }),
  );

  const unrepeatable = {
    "it can be sent but once": { body: () => pieces("once"), waitMs: 0 },
    "it was on its way": { body: () => "hello", waitMs: 2_000 },
  };
  for (const [why, { body, waitMs }] of Object.entries(unrepeatable))
    it(
      `is not sent again on a 417, which is handed out, where ${why}`,
      offline(async () => {
        await using server = await rawServer(async ({ write }) => {
          await sleep(waitMs);
          await write("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
          return null;
        });
        await using http = clientOf();
        const response = await http.post("/", { body: body(), expectContinueMs: 1_000 });
        assert.equal(response.status, 417);
        assert.equal(server.heads.length, 1);
      }),
    );

  it(
    "is not sent a third time where the server answers 417 without being asked to expect anything",
    offline(async () => {
      await using server = await rawServer(
        () => "HTTP/1.1 417 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      );
      await using http = clientOf();
      assert.equal((await http.post("/", { body: "x", expectContinueMs: 1_000 })).status, 417);
      assert.equal(server.heads.length, 2);
      assert.equal((await http.post("/", { body: "x" })).status, 417);
      assert.equal(server.heads.length, 3);
    }),
  );
});
