import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import {
  all,
  currentRuntime,
  InvalidArgument,
  withCancelScope,
  withTaskGroup,
  withTimeout,
} from "../../../../src/index.ts";
import { connect } from "../../../../src/io.ts";
import { ModuleNotLoaded, NoSuchExport } from "../../../../src/threads.ts";
import {
  HttpClient,
  HttpRequestFailed,
  serve,
  serveThreads,
  type HttpThreads,
  type ServeThreadsOptions,
} from "../../../../src/http.ts";

const app = new URL("../../../fixtures/thread-app.ts", import.meta.url);
const start = (options: ServeThreadsOptions = {}): Promise<HttpThreads> =>
  serveThreads(app, { host: "127.0.0.1", threads: 2, ...options });

/** On a connection of its own, so that the platform chooses a thread. */
async function ask(server: HttpThreads, path = "/"): Promise<string> {
  await using http = new HttpClient();
  return await http.get(`http://127.0.0.1:${server.port}${path}`).text();
}

/** Asks until so many threads have answered. */
async function idsOf(server: HttpThreads, wanted: number): Promise<Set<string>> {
  const ids = new Set<string>();
  await withTimeout(20_000, async () => {
    while (ids.size < wanted) ids.add(await ask(server));
  });
  return ids;
}

/** What is logged while `fn` runs. */
async function logOf(fn: () => Promise<void>): Promise<string[]> {
  const runtime = currentRuntime();
  const usual = runtime.log;
  const messages: string[] = [];
  runtime.log = ({ code, message }) => messages.push(`${code} ${message}`);
  try {
    await fn();
  } finally {
    runtime.log = usual;
  }
  return messages;
}

describe("A server in threads", () => {
  let server: HttpThreads;
  before(async () => {
    server = await start();
  });

  it("answers by the module's handler, in as many threads as it was asked for, at one address", async () => {
    assert.deepEqual(server.stats(), { threads: 2, listening: 2, restarts: 0 });
    assert.equal((await idsOf(server, 2)).size, 2);
    const figures = await server.threadStats();
    assert.equal(figures.length, 2);
    assert.ok(figures.every(({ requests }) => requests > 0));
  });

  it("replaces a thread that ends by itself, and says so; the other one goes on meanwhile", async () => {
    const earlier = await idsOf(server, 2);
    const messages = await logOf(async () => {
      await assert.rejects(ask(server, "/crash"));
      await withTimeout(20_000, async () => {
        for (;;) {
          // What reaches the listener that is going away is lost; nothing else is.
          const id = await ask(server).catch((error: unknown) => {
            if (error instanceof HttpRequestFailed) return "";
            throw error;
          });
          if (id !== "" && !earlier.has(id)) return;
        }
      });
    });
    assert.equal(server.stats().restarts, 1);
    assert.equal(
      messages.filter((text) =>
        /^TSY_THREAD_ENDED serving thread \d of .*a new one starts in 100 ms/.test(text),
      ).length,
      1,
      messages.join("\n"),
    );
    assert.equal((await idsOf(server, 2)).size, 2);
  });

  it("lets requests end when it is closed, in all threads, and says what became of them", async () => {
    const requests = async (): Promise<number> =>
      (await server.threadStats()).reduce((sum, each) => sum + each.requests, 0);
    const earlier = await requests();
    const answers: string[] = [];
    await withTaskGroup(async (group) => {
      const streams = await Promise.all(
        Array.from({ length: 8 }, () => connect({ host: "127.0.0.1", port: server.port })),
      );
      for (const stream of streams) await stream.write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
      await withTimeout(20_000, async () => {
        while ((await requests()) < earlier + streams.length);
      });
      for (const stream of streams)
        group.spawn(async () => {
          await using _ = stream;
          answers.push((await stream.readText()).split("\r\n\r\n")[1] ?? "");
        });
      const report = await server.close({ drainMs: 10_000 });
      assert.equal(report.lostThreads, 0);
      assert.equal(report.cancelled, 0);
    });
    assert.deepEqual(
      answers,
      Array.from({ length: 8 }, () => "slow"),
    );
    await server.closed;
    assert.equal(server.stats().listening, 0);
    await assert.rejects(ask(server));
  });
});

describe("serveThreads", () => {
  it("cancels what takes longer than the time for draining, the shorter one where it is closed twice, and says so", async () => {
    const server = await start({ threads: 1 });
    await using stream = await connect({ host: "127.0.0.1", port: server.port });
    await stream.write("GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n");
    await withTimeout(20_000, async () => {
      while ((await server.threadStats())[0]?.requests !== 1);
    });
    const closing = server.close({ drainMs: 60_000 });
    assert.deepEqual(await server.close({ drainMs: 0 }), { answered: 1, cancelled: 1, lostThreads: 0 });
    assert.deepEqual(await closing, { answered: 1, cancelled: 1, lostThreads: 0 });
    assert.match(await stream.readText(), /^HTTP\/1\.1 503 /);
    assert.deepEqual(await server.close(), { answered: 1, cancelled: 1, lostThreads: 0 });
  });

  it("fails, and leaves no thread, where the module is none, exports no handler, or the address is taken", async () => {
    const none = new URL("data:text/javascript,export const handler = 7; export function other() {}");
    await using other = await serve(() => "", { host: "127.0.0.1" });
    await all([
      () =>
        assert.rejects(
          serveThreads(new URL("./nowhere.ts", import.meta.url), { threads: 1 }),
          ModuleNotLoaded,
        ),
      () =>
        assert.rejects(serveThreads(none, { threads: 1 }), (error: Error) => {
          assert.ok(error instanceof NoSuchExport, String(error));
          assert.match(error.message, /"handler" is 7, not a function.*other/);
          return true;
        }),
      () => assert.rejects(start({ port: other.port }), { code: "TSY_ADDRESS_IN_USE" }),
    ]);
  });

  it("is no longer there when the call that begins it is cancelled", async () => {
    let server: HttpThreads | undefined;
    await withCancelScope(async (scope) => {
      await withTaskGroup((group) => {
        group.spawn(async () => {
          server = await start();
        });
        scope.cancel();
      });
    });
    assert.equal(server, undefined);
  });

  it("refuses what cannot be, at once", async () => {
    for (const options of [
      { threads: 0 },
      { threads: Infinity },
      { onError: () => {} },
      { path: "app.sock" },
      { reusePort: true },
      { headMs: NaN },
      { headMs: -1 },
      { maxConnections: 1.5 },
    ])
      await assert.rejects(start(options as never), InvalidArgument, JSON.stringify(options));
    await assert.rejects(serveThreads("./app.ts"), InvalidArgument);
  });
});
