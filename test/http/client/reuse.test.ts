import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep } from "../../../src/index.ts";
import { HttpRequestFailed } from "../../../src/http.ts";
import { clientOf, failureOf, offline, ok, rawServer, type RawRequest } from "./raw-server.ts";

/** Answers the first request of each connection, and cuts the connection at the second. */
const diesOnce = ({ request, stream }: RawRequest): string | null => {
  if (request === 1) return ok("hello");
  stream.abort();
  return null;
};

describe("A kept connection that turns out to be dead", () => {
  for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
    it(
      `has a ${method} sent again, on a fresh connection`,
      offline(async () => {
        await using server = await rawServer(diesOnce);
        await using http = clientOf();
        await http.get("/").text();
        const response = await http.request(method, "/again", method === "PUT" ? { body: "once" } : {});
        assert.equal(response.status, 200);
        await response.close();
        assert.deepEqual(
          server.heads.map((head) => head.split(" ", 1)[0]),
          ["GET", method, method],
        );
        assert.equal(server.connections, 2);
      }),
    );

  it(
    "fails a POST, which may have been done",
    offline(async () => {
      await using server = await rawServer(diesOnce);
      await using http = clientOf();
      await http.get("/").text();
      const error = await failureOf(http.post("/", { body: "x" }));
      assert.ok(error instanceof HttpRequestFailed);
      assert.deepEqual([error.phase, error.wasSent, error.timings.isReused], ["head", true, true]);
      assert.equal(server.connections, 1);
      assert.equal(http.stats().open, 0);
    }),
  );

  it(
    "fails a request whose body cannot be sent twice",
    offline(async () => {
      await using server = await rawServer(diesOnce);
      await using http = clientOf();
      await http.get("/").text();
      const once = (async function* () {
        yield "x";
      })();
      assert.ok((await failureOf(http.put("/", { body: once }))) instanceof HttpRequestFailed);
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "fails a request of whose response a byte has come",
    offline(async () => {
      await using server = await rawServer(async ({ request, stream, write }) => {
        if (request === 1) return ok("hello");
        await write("H");
        await sleep(1);
        stream.abort();
        return null;
      });
      await using http = clientOf();
      await http.get("/").text();
      assert.ok((await failureOf(http.get("/"))) instanceof HttpRequestFailed);
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "fails a request where retryDeadConnections says so",
    offline(async () => {
      await using server = await rawServer(diesOnce);
      await using http = clientOf({ retryDeadConnections: false });
      await http.get("/").text();
      assert.ok((await failureOf(http.get("/"))) instanceof HttpRequestFailed);
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "has a request sent again before those who came after it",
    offline(async () => {
      await using server = await rawServer(diesOnce);
      await using http = clientOf({ maxConnections: 1 });
      await http.get("/first").text();
      await Promise.all(
        ["/again", "/second", "/third"].map((path) => failureOf(http.get(path).text()).catch(() => {})),
      );
      assert.deepEqual(server.heads.map((head) => head.split(" ")[1]).slice(0, 4), [
        "/first",
        "/again",
        "/again",
        "/second",
      ]);
    }),
  );

  it(
    "has a request sent again once, and not a second time",
    offline(async () => {
      await using server = await rawServer(({ connection, stream }) => {
        if (connection === 1 && server.heads.length === 1) return ok("hello");
        stream.abort();
        return null;
      });
      await using http = clientOf();
      await http.get("/").text();
      const error = await failureOf(http.get("/"));
      assert.ok(error instanceof HttpRequestFailed);
      assert.equal(error.timings.isReused, false);
      assert.equal(server.heads.length, 3);
    }),
  );

  it(
    "does not take another kept one, which may be as dead",
    offline(async () => {
      let phase = "alive";
      await using server = await rawServer(async ({ connection, stream }) => {
        if (phase === "alive") await sleep(10);
        if (phase === "alive" || connection > 2) return ok("hello");
        stream.abort();
        return null;
      });
      await using http = clientOf();
      await Promise.all([http.get("/").text(), http.get("/").text()]);
      assert.equal(http.stats().idle, 2);
      phase = "dead";
      assert.equal(await http.get("/").text(), "hello");
      assert.equal(server.connections, 3);
    }),
  );

  it(
    "is not what a fresh connection is: its loss is an error",
    offline(async () => {
      await using server = await rawServer(({ stream }) => {
        stream.abort();
        return null;
      });
      await using http = clientOf();
      assert.ok((await failureOf(http.get("/"))) instanceof HttpRequestFailed);
      assert.equal(server.heads.length, 1);
    }),
  );

  it(
    "leaves the pool at once when it is closed while nobody uses it",
    offline(async () => {
      await using server = await rawServer(async ({ write }) => {
        await write(ok("hello"));
        return null;
      });
      await using http = clientOf();
      await http.get("/").text();
      await sleep(1);
      assert.equal(http.stats().open, 0);
      await http.post("/", { body: "x" });
      assert.equal(server.connections, 2);
    }),
  );
});
