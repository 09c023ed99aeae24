import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Cancelled, sleep, withCancelScope, withTaskGroup } from "../../../src/index.ts";
import type { HttpClient } from "../../../src/http.ts";
import { withNetwork } from "../../../src/io.ts";
import { MemoryNetwork } from "../../../src/testing.ts";
import { everyStep, type Step } from "../../every-step.ts";
import { clientOf, offline, ok, rawServer, type RawServer } from "./raw-server.ts";

const nothing = { open: 0, idle: 0, connecting: 0, waiting: 0 };

/** A scenario on a network in memory, with a server and a client that has one connection. */
function scenario(
  answer: Parameters<typeof rawServer>[0],
  body: (step: Step, http: HttpClient, server: RawServer) => unknown,
): () => Promise<void> {
  return everyStep((step) =>
    withNetwork(new MemoryNetwork(), async () => {
      await using server = await rawServer(answer);
      await using http = clientOf({ maxConnections: 1 });
      await body(step, http, server);
    }),
  );
}

/** Whatever was cancelled: nothing is left on its way, and the client works. */
async function assertUsable(http: HttpClient): Promise<void> {
  const { open, idle, waiting } = http.stats();
  assert.equal(waiting, 0);
  assert.equal(open, idle, "nothing is lent or on its way");
  assert.equal((await http.get("/check").text()).length > 0, true);
  assert.deepEqual(http.stats(), { ...nothing, open: 1, idle: 1 });
}

describe("A request that is cancelled at any step", () => {
  it(
    "leaves the counts of the pool exact when a connection had to be made",
    scenario(
      () => ok("hello"),
      async (step, http) => {
        await step.attempt(() => http.get("/").text());
        await sleep(10);
        await assertUsable(http);
      },
    ),
  );

  it(
    "leaves the counts exact when there was a kept connection",
    scenario(
      () => ok("hello"),
      async (step, http) => {
        await http.get("/").text();
        await step.attempt(() => http.get("/").text());
        await sleep(10);
        await assertUsable(http);
      },
    ),
  );

  it(
    "leaves the line to the others while it waits for a connection",
    scenario(
      async () => {
        await sleep(5);
        return ok("hello");
      },
      async (step, http) => {
        await withTaskGroup(async (group) => {
          const first = group.spawn(() => http.get("/1").text());
          group.spawn(() => step.attempt(() => http.get("/2").text()));
          const third = group.spawn(() => http.get("/3").text());
          assert.equal(await first.join(), "hello");
          assert.equal(await third.join(), "hello");
        });
        await sleep(10);
        await assertUsable(http);
      },
    ),
  );

  it(
    "closes its connection in the midst of the body, and no other",
    scenario(
      async ({ head, write }) => {
        if (head.startsWith("GET /check")) return ok("x");
        await write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        await sleep(5);
        return "0\r\n\r\n";
      },
      async (step, http) => {
        const outcome = await step.attempt(() => http.get("/").text());
        if (!outcome.cancelled) assert.equal(outcome.value, "hello");
        await sleep(10);
        await assertUsable(http);
      },
    ),
  );

  it(
    "ends the source of its body, which has ended when the task has",
    scenario(
      async ({ stream, head }) => {
        if (head.startsWith("GET /check")) return ok("x");
        await stream.readUntil("0\r\n\r\n").catch(() => null);
        return ok("done");
      },
      async (step, http) => {
        let begun = 0;
        let ended = 0;
        async function* source(): AsyncGenerator<string> {
          begun++;
          try {
            yield "one";
            await sleep(5);
            yield "two";
          } finally {
            await sleep(0);
            ended++;
          }
        }
        await withTaskGroup((group) => {
          group.spawn(() => step.attempt(() => http.post("/", { body: source() }).text()));
        });
        assert.equal(ended, begun);
        await sleep(10);
        await assertUsable(http);
      },
    ),
  );

  it(
    "leaves nothing behind when it was to be sent again",
    scenario(
      ({ request, connection, stream, head }) => {
        if (head.startsWith("GET /check") || request === 1 || connection > 1) return ok("hello");
        stream.abort();
        return null;
      },
      async (step, http) => {
        await http.get("/").text();
        await step.attempt(() => http.get("/").text());
        await sleep(10);
        await assertUsable(http);
      },
    ),
  );
});

describe("A request with an expectation that is cancelled at any step", () => {
  it(
    "leaves nothing behind when it was to be sent without it",
    scenario(
      async ({ head, stream }) => {
        if (head.startsWith("GET /check")) return ok("hello");
        if (head.includes("Expect: ")) return "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n";
        await stream.readExactly(4);
        return ok("hello");
      },
      async (step, http) => {
        await step.attempt(() => http.put("/", { body: "four", expectContinueMs: 100 }).text());
        await sleep(10);
        await assertUsable(http);
      },
    ),
  );
});

describe("A response whose body was not read", () => {
  const endless = async ({
    head,
    write,
    stream,
  }: Parameters<Parameters<typeof rawServer>[0]>[0]): Promise<string | null> => {
    if (head.startsWith("GET /small")) {
      await write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
      await sleep(5);
      return "world";
    }
    if (!head.startsWith("GET /endless")) return ok("x");
    await write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    await stream.read().catch(() => null);
    return null;
  };

  it(
    "has its connection closed when the task that asked for it ends",
    offline(async () => {
      await using server = await rawServer(endless);
      await using http = clientOf();
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          const response = await http.get("/endless");
          assert.equal(response.status, 200);
          assert.deepEqual(http.stats(), { ...nothing, open: 1 });
        });
      });
      assert.deepEqual(http.stats(), nothing);
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "lives on when a scope inside of the task ends",
    offline(async () => {
      await using _ = await rawServer(endless);
      await using http = clientOf();
      await withTaskGroup((group) => {
        group.spawn(async () => {
          const response = await withCancelScope(() => http.get("/small"));
          assert.equal(await response?.text(), "helloworld");
        });
      });
      assert.deepEqual(http.stats(), { ...nothing, open: 1, idle: 1 });
    }),
  );

  it(
    "has its connection closed when its task is cancelled",
    offline(async () => {
      await using _ = await rawServer(endless);
      await using http = clientOf();
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          const response = await http.get("/endless");
          for await (const chunk of response.body) void chunk;
        });
        await sleep(10);
        assert.equal(http.stats().open, 1);
        task.cancel();
      });
      assert.deepEqual(http.stats(), nothing);
    }),
  );

  it(
    "is let come where little is left, and its connection kept",
    offline(async () => {
      await using server = await rawServer(endless);
      await using http = clientOf();
      const response = await http.get("/small");
      await response.close();
      await response.close();
      assert.deepEqual(http.stats(), { ...nothing, open: 1 });
      await sleep(10);
      assert.deepEqual(http.stats(), { ...nothing, open: 1, idle: 1 });
      assert.equal(await http.get("/").text(), "x");
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "is not waited for longer than a second",
    offline(async () => {
      await using _ = await rawServer(async ({ write }) => {
        await write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        await sleep(2_000);
        return "world";
      });
      await using http = clientOf();
      await (await http.get("/")).close();
      await sleep(999);
      assert.equal(http.stats().open, 1);
      await sleep(2);
      assert.equal(http.stats().open, 0);
    }),
  );

  it(
    "says so to one who reads it afterwards",
    offline(async () => {
      await using _ = await rawServer(endless);
      await using http = clientOf();
      const response = await withTaskGroup((group) =>
        group.spawn(async () => [await http.get("/endless")]).join(),
      );
      await assert.rejects(
        response[0]?.text() ?? Promise.resolve(),
        /the task that asked for it has ended/,
      );
      const closed = await http.get("/endless");
      await closed.close();
      await assert.rejects(closed.text(), /its response was closed/);
    }),
  );

  it(
    "costs nothing where it has wholly come: the connection serves the next, and the body can be read later",
    offline(async () => {
      await using server = await rawServer(() => ok("hello"));
      await using http = clientOf();
      const response = await withTaskGroup((group) =>
        group.spawn(async () => [await http.get("/")]).join(),
      );
      assert.deepEqual(http.stats(), { ...nothing, open: 1, idle: 1 });
      await http.get("/").text();
      assert.equal(server.connections, 1);
      assert.equal(await response[0]?.text(), "hello");
    }),
  );

  it(
    "does not become an unhandled rejection when its request is cancelled and nobody waits",
    offline(async () => {
      await using _ = await rawServer(() => sleep(1_000));
      await using http = clientOf();
      await withCancelScope(async (scope) => {
        void http.get("/");
        const asked = http.get("/").text();
        scope.cancel();
        await assert.rejects(asked, Cancelled);
      });
      await sleep(1);
    }),
  );
});
