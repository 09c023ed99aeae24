import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { all, Disposed, sleep, withCancelScope, withTaskGroup } from "../../../src/index.ts";
import { HttpClient, HttpRequestFailed, StatusError } from "../../../src/http.ts";
import { ConnectionRefused, listen, withNetwork } from "../../../src/io.ts";
import { MemoryNetwork } from "../../../src/testing.ts";
import { clientOf, failureOf, offline, ok, rawServer } from "./raw-server.ts";

const idleClient = { open: 0, idle: 0, connecting: 0, waiting: 0 };

describe("HttpClient", () => {
  it(
    "sends a request with Host, Accept, Accept-Encoding and User-Agent, and gives the response",
    offline(async () => {
      await using server = await rawServer(() => ok("hello", "X-A: 1\r\nX-A: 2\r\n"));
      await using http = clientOf();
      const response = await http.get("/items?page=2#part");
      assert.equal(response.status, 200);
      assert.equal(response.reason, "OK");
      assert.equal(response.ok, true);
      assert.equal(response.version, 11);
      assert.equal(response.url, "http://shop/items?page=2");
      assert.equal(response.headers.get("x-a"), "1, 2");
      assert.equal(await response.text(), "hello");
      assert.deepEqual(response.history, []);
      assert.equal(
        server.heads[0],
        "GET /items?page=2 HTTP/1.1\r\nHost: shop\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nUser-Agent: tsyncio\r\n\r\n",
      );
    }),
  );

  it(
    "uses one connection for requests that follow each other",
    offline(async () => {
      await using server = await rawServer(({ request }) => ok(`${request}`));
      await using http = clientOf();
      for (const expected of ["1", "2", "3"]) assert.equal(await http.get("/").text(), expected);
      assert.equal(server.connections, 1);
      assert.deepEqual(http.stats(), { ...idleClient, open: 1, idle: 1 });
    }),
  );

  it(
    "has as many connections as requests at a time, up to maxConnections, and serves the rest in their order",
    offline(async () => {
      await using server = await rawServer(async ({ head }) => {
        await sleep(10);
        return ok(/\/(\d+)/.exec(head)?.[1] ?? "");
      });
      await using http = clientOf({ maxConnections: 2 });
      const order: string[] = [];
      const asked = all(
        ["1", "2", "3", "4", "5"].map((name) => async () => {
          order.push(await http.get(name).text());
        }),
      );
      assert.deepEqual(http.stats(), { open: 2, idle: 0, connecting: 2, waiting: 5 });
      await asked;
      assert.deepEqual(order, ["1", "2", "3", "4", "5"]);
      assert.equal(server.connections, 2);
    }),
  );

  it(
    "keeps a connection for keepAliveMs and not longer",
    offline(async () => {
      await using server = await rawServer(() => ok(""));
      await using http = clientOf({ keepAliveMs: 100 });
      await http.get("/").text();
      await sleep(99);
      assert.equal(http.stats().idle, 1);
      await http.get("/").text();
      await sleep(101);
      assert.deepEqual(http.stats(), idleClient);
      await http.get("/").text();
      assert.equal(server.connections, 2);
    }),
  );

  it(
    "keeps a connection a second less than its server announces",
    offline(async () => {
      await using server = await rawServer(() => ok("", "Keep-Alive: timeout=3\r\n"));
      await using http = clientOf();
      await http.get("/").text();
      await sleep(1_999);
      assert.equal(http.stats().idle, 1);
      await sleep(2);
      assert.equal(http.stats().idle, 0);
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "does not keep a connection that is to be closed, or speaks HTTP/1.0 without keep-alive",
    offline(async () => {
      const answers = [
        ok("a", "Connection: close\r\n"),
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nb",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nc",
        ok("d", "Keep-Alive: timeout=1\r\n"),
      ];
      await using server = await rawServer(() => answers.shift());
      await using http = clientOf();
      const idle: number[] = [];
      for (const expected of "abcd") {
        assert.equal(await http.get("/").text(), expected);
        idle.push(http.stats().idle);
      }
      assert.deepEqual(idle, [0, 0, 1, 0]);
      assert.equal(server.connections, 3);
    }),
  );

  it(
    "closes a kept connection on which something comes that nobody asked for",
    offline(async () => {
      await using server = await rawServer(async ({ write }) => {
        await write(ok("a"));
        await sleep(10);
        await write(ok("smuggled"));
      });
      await using http = clientOf();
      assert.equal(await http.get("/").text(), "a");
      await sleep(20);
      assert.deepEqual(http.stats(), idleClient);
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "does not use a connection again when more came than the response",
    offline(async () => {
      await using server = await rawServer(() => ok("a") + ok("b"));
      await using http = clientOf();
      assert.equal(await http.get("/").text(), "a");
      assert.equal(await http.get("/").text(), "a");
      assert.equal(server.connections, 2);
    }),
  );

  it(
    "closes all connections when it is left, and fails what is on its way",
    offline(async () => {
      let ends = 0;
      await using _ = await rawServer(async ({ stream }) => {
        await stream.read().catch(() => null);
        ends++;
        return null;
      });
      const http = clientOf({ maxConnections: 1 });
      const sent = failureOf(http.get("/sent"));
      await sleep(1);
      const waiting = failureOf(http.get("/waiting"));
      await http.close();
      for (const error of [await sent, await waiting]) {
        assert.ok(error instanceof Disposed);
        assert.match(error.message, /the HttpClient was closed/);
      }
      assert.match((await failureOf(http.get("/late"))).message, /an HttpClient that is closed/);
      assert.deepEqual(http.stats(), idleClient);
      await sleep(1);
      assert.equal(ends, 1);
      await http.close();
    }),
  );

  it(
    "serves others when it was made, and first used, in a task that has ended",
    offline(async () => {
      await using server = await rawServer(() => ok("hello"));
      let made: HttpClient | null = null;
      await withTaskGroup((group) => {
        group.spawn(async () => {
          made = clientOf();
          await made.get("/").text();
        });
      });
      await using http = made as unknown as HttpClient;
      assert.equal(await http.get("/").text(), "hello");
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "does not waste the connection that was on its way for one who was cancelled",
    offline(async () => {
      await using server = await rawServer(() => ok("hello"));
      await using http = clientOf();
      await withCancelScope(async (scope) => {
        const asked = http.get("/").text();
        scope.cancel();
        await asked;
      });
      await sleep(5);
      assert.deepEqual(http.stats(), { ...idleClient, open: 1, idle: 1 });
      assert.equal(await http.get("/").text(), "hello");
      assert.equal(server.connections, 1);
    }),
  );

  it("has connections of its own on each network, and in each runtime", async () => {
    const http = new HttpClient();
    const ask = (name: string) => async (): Promise<void> => {
      await using server = await listen({ host: "shop", port: 80 }, (stream) => stream.write(ok(name)));
      assert.equal(await http.get("http://shop/").text(), name);
      assert.equal(server.stats().accepted, 1);
    };
    await withNetwork(new MemoryNetwork(), ask("one"));
    await withNetwork(new MemoryNetwork(), ask("two"));
    await offline(ask("three"))();
    await http.close();
  });

  it(
    "tells the error of a connection that does not come about, with the request and its phase",
    offline(async () => {
      await using http = clientOf();
      const error = await failureOf(http.get("http://user:secret@shop/items"));
      assert.ok(error instanceof HttpRequestFailed);
      assert.ok(error.cause instanceof ConnectionRefused);
      assert.equal(error.phase, "connect");
      assert.equal(error.wasSent, false);
      assert.equal(error.url, "http://shop/items");
      assert.equal(error.timings.connectionMs, null);
      assert.ok(!error.message.includes("secret"));
      assert.match(
        error.message,
        /GET http:\/\/shop\/items failed while its connection was made: .*refused/,
      );
      assert.deepEqual(http.stats(), idleClient);
    }),
  );

  it(
    "throws a StatusError for 400 and more where throwOnStatus asks for it, and gives the connection back",
    offline(async () => {
      const notFound =
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ngone";
      await using server = await rawServer(({ request }) => (request < 3 ? notFound : ok("there")));
      await using http = clientOf({ throwOnStatus: true });
      const error = await failureOf(http.get("/a").text());
      assert.ok(error instanceof StatusError);
      assert.deepEqual([error.status, error.reason, error.excerpt], [404, "Not Found", "gone"]);
      assert.equal((await http.get("/b", { throwOnStatus: false })).status, 404);
      assert.equal(await http.get("/c").text(), "there");
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "leaves one unhandled rejection at most, that of the promise that was asked for",
    offline(async () => {
      await using http = clientOf();
      const failures = [http.get("/").text(), http.get("/").json(), http.get("/").bytes()];
      for (const each of await Promise.allSettled(failures)) assert.equal(each.status, "rejected");
      const promise = http.get("/");
      assert.equal(await promise.catch(() => "caught"), "caught");
      let ended = false;
      await failureOf(http.get("/").finally(() => (ended = true)));
      assert.ok(ended);
    }),
  );
});
