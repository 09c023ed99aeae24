import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, TimeoutError, withTimeout } from "../../../src/index.ts";
import {
  HttpTimeout,
  retryRequests,
  type HttpClientOptions,
  type RequestLimit,
  type RequestPhase,
} from "../../../src/http.ts";
import { currentRuntime } from "../../../src/lowlevel.ts";
import { withNetwork } from "../../../src/io.ts";
import { virtual } from "../../../src/testing.ts";
import { ScriptedNetwork } from "../../io/net/scripted-network.ts";
import { clientOf, failureOf, offline, ok, rawServer } from "./raw-server.ts";

function assertTimeout(error: Error, limit: RequestLimit, limitMs: number, phase: RequestPhase): void {
  assert.ok(error instanceof HttpTimeout, error.message);
  assert.deepEqual([error.limit, error.limitMs, error.phase], [limit, limitMs, phase]);
}

/** Whether a request passes by a server that waits so long before its head, and before the end of its body. */
async function ask(options: HttpClientOptions, headMs: number, bodyMs: number): Promise<string | Error> {
  await using _ = await rawServer(async ({ write }) => {
    await sleep(headMs);
    await write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
    await sleep(bodyMs);
    await write("b");
  });
  await using http = clientOf(options);
  try {
    return await http.get("/").text();
  } catch (error) {
    assert.deepEqual(http.stats(), { open: 0, idle: 0, connecting: 0, waiting: 0 });
    return error as Error;
  }
}

describe("The limits of a request", () => {
  it(
    "totalMs is for the whole, the body included",
    offline(async () => {
      assert.equal(await ask({ totalMs: 101 }, 50, 50), "ab");
      assertTimeout((await ask({ totalMs: 99 }, 50, 50)) as Error, "totalMs", 99, "body");
      assertTimeout((await ask({ totalMs: 40 }, 50, 50)) as Error, "totalMs", 40, "head");
    }),
  );

  it(
    "totalMs is for the whole, redirects and retries included",
    offline(async () => {
      await using server = await rawServer(async ({ head }) => {
        await sleep(40);
        if (head.startsWith("GET /1 "))
          return "HTTP/1.1 302 Found\r\nLocation: /2\r\nContent-Length: 0\r\n\r\n";
        return "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
      });
      for (const middleware of [[], [retryRequests({ initialMs: 0, attempts: 10 })]]) {
        await using http = clientOf({ totalMs: 100, middleware });
        const begun = currentRuntime().now();
        if (middleware.length === 0) assert.equal((await http.get("/1")).status, 503);
        else assertTimeout(await failureOf(http.get("/1")), "totalMs", 100, "head");
        assert.equal(currentRuntime().now() - begun, middleware.length === 0 ? 80 : 100);
        await using hasty = clientOf({ totalMs: 70, middleware });
        assertTimeout(await failureOf(hasty.get("/1")), "totalMs", 70, "head");
      }
      assert.ok(server.heads.length >= 5);
    }),
  );

  it(
    "totalMs is five minutes where nobody says more",
    offline(async () => {
      assert.equal(await ask({}, 299_990, 0), "ab");
      assertTimeout((await ask({}, 300_001, 0)) as Error, "totalMs", 300_000, "head");
      assert.equal(await ask({ totalMs: Infinity }, 1_000_000, 0), "ab");
    }),
  );

  it(
    "firstByteMs is for the time from the request to its response",
    offline(async () => {
      assert.equal(await ask({ firstByteMs: 51 }, 50, 500), "ab");
      assertTimeout((await ask({ firstByteMs: 49 }, 50, 0)) as Error, "firstByteMs", 49, "head");
    }),
  );

  it(
    "gapMs is for the time between two pieces of the response",
    offline(async () => {
      assert.equal(await ask({ gapMs: 51 }, 500, 50), "ab");
      assertTimeout((await ask({ gapMs: 49 }, 500, 50)) as Error, "gapMs", 49, "body");
    }),
  );

  it(
    "poolMs is for the time in line",
    offline(async () => {
      await using _ = await rawServer(async () => {
        await sleep(50);
        return ok("hello");
      });
      await using http = clientOf({ maxConnections: 1 });
      const first = http.get("/").text();
      const second = http.get("/", { poolMs: 51 }).text();
      const third = failureOf(http.get("/", { poolMs: 49 }).text());
      assert.equal(await first, "hello");
      assert.equal(await second, "hello");
      assertTimeout(await third, "poolMs", 49, "queue");
      assert.deepEqual(http.stats(), { open: 1, idle: 1, connecting: 0, waiting: 0 });
    }),
  );

  it(
    "poolMs is for the time in line, also for one whose connection is given to one who was served by a dead one",
    offline(async () => {
      await using _ = await rawServer(async ({ connection, request, stream }) => {
        if (connection === 1 && request === 1) return ok("hello");
        await sleep(10);
        if (connection > 1) await sleep(1_000);
        else stream.abort();
        return ok("late");
      });
      await using http = clientOf({ maxConnections: 1 });
      await http.get("/").text();
      const again = http.get("/").text();
      const second = failureOf(http.get("/", { poolMs: 100 }));
      assertTimeout(await second, "poolMs", 100, "queue");
      assert.equal(await again, "late");
    }),
  );

  it(
    "connectMs is for the making of the connection",
    virtual(async () => {
      const slow = new ScriptedNetwork({
        names: { shop: { ms: 10, value: [{ address: "10.0.0.1", family: 4 }] } },
        peers: { "10.0.0.1:80": { ms: 40 } },
      });
      await withNetwork(slow, async () => {
        await using http = clientOf();
        const error = await failureOf(http.get("/", { connectMs: 49 }));
        assertTimeout(error, "connectMs", 49, "connect");
        assert.deepEqual({ pending: slow.pending, open: slow.open }, { pending: 0, open: 0 });
        const late = await failureOf(http.get("/", { connectMs: 51, firstByteMs: 5 }));
        assertTimeout(late, "firstByteMs", 5, "head");
        assert.equal(http.stats().open, 0);
      });
    }),
  );

  it(
    "do not count the time in which nobody reads",
    offline(async () => {
      const piece = "x".repeat(65_536);
      await using _ = await rawServer(async ({ write }) => {
        await write(`HTTP/1.1 200 OK\r\nContent-Length: ${4 * piece.length}\r\n\r\n`);
        for (let left = 4; left > 0; left--) await write(piece);
      });
      await using http = clientOf({ gapMs: 100 });
      const response = await http.get("/");
      await sleep(1_000);
      assert.equal((await response.bytes()).length, 4 * piece.length);
    }),
  );

  it(
    "are those of the call where it has its own",
    offline(async () => {
      await using _ = await rawServer(async () => {
        await sleep(50);
        return ok("hello");
      });
      await using http = clientOf({ totalMs: 10 });
      assert.equal(await http.get("/", { totalMs: 100 }).text(), "hello");
      assertTimeout(await failureOf(http.get("/").text()), "totalMs", 10, "head");
    }),
  );

  it(
    "come besides the deadline of the caller, which throws what it always throws",
    offline(async () => {
      await using _ = await rawServer(() => sleep(1_000));
      await using http = clientOf({ totalMs: 500 });
      const error = await failureOf(withTimeout(100, () => http.get("/").text()));
      assert.ok(error instanceof TimeoutError);
      assert.equal(http.stats().open, 0);
    }),
  );

  it(
    "cost one timer for all requests of a client",
    offline(async () => {
      await using _ = await rawServer(async () => {
        await sleep(50);
        return ok("hello");
      });
      await using http = clientOf({ gapMs: 400, firstByteMs: 300 });
      const asked = Promise.all(Array.from({ length: 20 }, () => http.get("/").text()));
      await sleep(10);
      // The server's 20 sleeps, its own limits, and ours.
      const { timers } = currentRuntime().stats();
      await asked;
      assert.ok(timers < 20 + 5, `${timers} timers`);
    }),
  );
});
