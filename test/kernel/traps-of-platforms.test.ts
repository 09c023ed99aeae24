/** What platforms do to naive kernels: ended contexts, unhandled rejections, retained contexts, two copies, deep stacks. */
import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import * as tsyncio from "../../src/index.ts";
import {
  detached,
  remainingMs,
  sleep,
  TimeoutError,
  withCancelScope,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";
import { runProgram, takesNodeFlags } from "../fixtures/child.ts";

const unhandled = (name: string) => runProgram("unhandled-programs.ts", { args: [name] });
const ended = {
  helpers: unhandled("helpers"),
  plain: unhandled("plain"),
  withListener: unhandled("with-listener"),
  failedBackground: unhandled("failed-background"),
  endedScope: unhandled("ended-scope"),
  abortListener: unhandled("abort-listener"),
  retention: takesNodeFlags ? runProgram("retention.ts", { flags: ["--expose-gc"] }) : null,
};

describe("A cancelled process", () => {
  it("does not die of two plain helpers, of which one is never awaited", async () => {
    const { code, output, errors } = await ended.helpers;
    assert.deepEqual([code, output], [0, "alive\n"], errors);
  });

  it("does not die of a callback that waits in an ended scope", async () => {
    const { code, output, errors } = await ended.endedScope;
    assert.deepEqual([code, output], [0, "alive\n"], errors);
  });

  it("dies of any other unhandled rejection, as it would without us", async () => {
    const { code, errors } = await ended.plain;
    assert.equal(code, 1);
    assert.match(errors, /nobody cares/);
  });

  it("leaves other unhandled rejections to the program's own listener", async () => {
    const { code, output } = await ended.withListener;
    assert.deepEqual([code, output], [0, "heard this\nalive\n"]);
  });

  it("dies of a background task whose failure nobody listens for", async () => {
    const { code, errors } = await ended.failedBackground;
    assert.equal(code, 1);
    assert.match(errors, /background failed/);
  });

  it("is cancelled all the same when an abort listener throws, which the platform reports", async () => {
    const { code, output } = await ended.abortListener;
    assert.equal(code, 0);
    assert.deepEqual(output.trim().split("\n").toSorted(), ["alive", "platform: listener", "true"]);
  });
});

describe("Finished work", () => {
  it("is retained neither by the platform timer it armed nor by promises it abandoned", async () => {
    // Other runtimes have no flag for the collector.
    if (ended.retention === null) return;
    const { output, errors } = await ended.retention;
    assert.notEqual(output, "", errors);
    const { retained, bytesPerUntil } = JSON.parse(output) as {
      retained: string[];
      bytesPerUntil: number;
    };
    assert.deepEqual(retained, []);
    assert.ok(bytesPerUntil < 50, `${bytesPerUntil} bytes for each abandoned wait`);
  });
});

describe("A node:http server that is started inside a time limit", () => {
  async function listen(handler: () => Promise<void>): Promise<Server> {
    const server = createServer((_request, response) => {
      handler().then(
        () => response.end("ok"),
        (error: unknown) => response.end(String(error)),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  function fetchText(server: Server): Promise<string> {
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      get({ port, host: "127.0.0.1", agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve(text));
      }).on("error", reject);
    });
  }

  it("serves under detached, long after the limit has been left", async () => {
    const server = await withTimeout(5_000, () => detached(() => listen(() => sleep(1))));
    try {
      assert.equal(await fetchText(server), "ok");
    } finally {
      server.close();
    }
  });

  it("without detached tells each request that its scope has ended, and what to do", async () => {
    const server = await withTimeout(5_000, () => listen(() => sleep(1)));
    try {
      const text = await fetchText(server);
      // Deno gives the handlers no context at all, so that they wait in the default runtime.
      if ("Deno" in globalThis && text === "ok") return;
      assert.match(text, /TSY_SCOPE_ENDED.*detached/);
    } finally {
      server.close();
    }
  });
});

describe("Depth", () => {
  it(
    "10,000 tasks that each spawn the next one at once overflow no stack",
    virtual(async () => {
      let deepest = 0;
      await withTaskGroup((group) => {
        const next = (depth: number): void => {
          deepest = depth;
          if (depth < 10_000) group.spawn(next, depth + 1);
        };
        group.spawn(next, 1);
      });
      assert.equal(deepest, 10_000);
    }),
  );

  it(
    "10,000 groups inside each other, each in a task of the one around it, end",
    virtual(async () => {
      let deepest = 0;
      const nest = (depth: number): Promise<void> =>
        withTaskGroup((group) => {
          deepest = depth;
          if (depth < 10_000) group.spawn(nest, depth + 1);
        });
      await nest(1);
      assert.equal(deepest, 10_000);
    }),
  );

  it(
    "20,000 scopes inside each other are cancelled by a loop",
    virtual(async () => {
      let deepest = 0;
      const nest = async (depth: number): Promise<void> => {
        deepest = depth;
        // A turn now and then: the recursion is the test's, its stack must not grow.
        await Promise.resolve();
        if (depth === 20_000) await sleep(Infinity);
        else await withCancelScope(() => nest(depth + 1));
      };
      assert.equal(await withTimeoutOr(5, () => nest(1), "limit"), "limit");
      assert.equal(deepest, 20_000);
    }),
  );

  it(
    "100 scopes each of which cancels the next from an abort listener",
    virtual(async () => {
      let cancelled = 0;
      await withTaskGroup((group) => {
        const cancels: Array<() => void> = [];
        for (let i = 0; i < 100; i++) {
          group.spawn(() =>
            withCancelScope(async (scope) => {
              cancels.push(() => scope.cancel());
              tsyncio.currentSignal().addEventListener("abort", () => {
                cancelled++;
                cancels[i + 1]?.();
              });
              await sleep(Infinity);
            }),
          );
        }
        cancels[0]!();
      });
      assert.equal(cancelled, 100);
    }),
  );
});

describe("Two installed copies", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tsyncio-copy-"));
  await cp(join(import.meta.dirname, "../../src"), folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const copy = (await import(pathToFileURL(join(folder, "index.ts")).href)) as typeof tsyncio;
  after(() => rm(folder, { recursive: true }));

  it("are two: their functions differ", () => {
    assert.notEqual(copy.sleep, tsyncio.sleep);
  });

  it("share deadlines, cancellation and the runtime", async () => {
    await withTimeout(60_000, async () => {
      assert.ok(copy.remainingMs() <= 60_000 && copy.remainingMs() > remainingMs() - 1_000);
      assert.equal(copy.currentRuntime(), tsyncio.currentRuntime());
    });
    const limited = withTimeout(1, () =>
      copy.withTaskGroup((group) => void group.spawn(() => copy.sleep(60_000))),
    );
    await assert.rejects(limited, TimeoutError);
    const other = copy.withTimeout(1, () =>
      withTaskGroup((group) => void group.spawn(() => sleep(60_000))),
    );
    await assert.rejects(other, TimeoutError);
  });

  it("recognise each other's errors and cancellations", async () => {
    await copy.withCancelScope(async (scope) => {
      scope.cancel("by the copy");
      const error = await sleep(1).catch((caught: unknown) => caught);
      assert.ok(error instanceof tsyncio.Cancelled && error instanceof copy.Cancelled);
      throw error;
    });
  });

  it("know a scope that the other has ended", async () => {
    const { storage } = await import("../../src/kernel/current.ts");
    const scope = await withTaskGroup(() => storage.getStore());
    await storage.run(scope!, async () => {
      await assert.rejects(copy.sleep(1), tsyncio.ScopeEnded);
      await assert.rejects(
        copy.withShield(50, () => copy.sleep(1)),
        tsyncio.ScopeEnded,
      );
    });
  });

  it("find the tasks of the other in their current task and tree", async () => {
    await withTaskGroup(async (group) => {
      const task = group.spawn("ours", () => copy.currentTask());
      assert.equal(await task.join(), task);
    });
  });

  it("see that a run of the other is live", async () => {
    await tsyncio.run(() =>
      assert.rejects(
        copy.run(() => 1),
        tsyncio.NestedRun,
      ),
    );
  });
});
