/** The laws about context, a test or more for each, named by the law. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ContextVar,
  currentRuntime,
  currentTask,
  produce,
  sleep,
  TimeoutError,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { currentScope, park } from "../../src/lowlevel.ts";
import { virtual } from "../../src/testing.ts";

describe("Context", () => {
  const requestId = new ContextVar<string>("requestId", "none");

  it(
    "law 25: cancellation and deadlines come from the group, context from the spawner",
    virtual(async () => {
      await withTaskGroup(async (group) => {
        await withTimeout(50, async () => {
          const task = requestId.run("r1", () =>
            group.spawn(async () => {
              await sleep(100);
              return requestId.get();
            }),
          );
          void task.join();
        });
        await sleep(200);
      });
      const seen = await withTaskGroup((group) =>
        requestId.run("r1", () => group.spawn(() => sleep(100).then(() => requestId.get())).join()),
      );
      assert.equal(seen, "r1");
    }),
  );

  it(
    "law 25: a callback given to us runs in the context of its giver",
    virtual(async () => {
      const seen: string[] = [];
      await requestId.run("giver", async () => {
        currentRuntime().callSoon(() => seen.push(requestId.get()));
        currentRuntime().callLater(1, () => seen.push(requestId.get()));
        await withTimeoutOr(2, () => park("x", () => () => seen.push(requestId.get())), undefined);
      });
      assert.deepEqual(seen, ["giver", "giver", "giver"]);
    }),
  );

  it("law 25: the scope protocol sits under one symbol on globalThis", () => {
    const symbols = Object.getOwnPropertySymbols(globalThis).map((symbol) => Symbol.keyFor(symbol));
    assert.ok(symbols.includes("tsyncio.protocol"));
    assert.ok(currentScope().path.length > 0);
  });

  it(
    "law 26: scopes are callbacks, and tell a body that threw from one that returned",
    virtual(async () => {
      const group = withTaskGroup((tasks) => {
        tasks.spawn(() => sleep(1_000));
        throw new Error("the body threw: the task is cancelled");
      });
      await assert.rejects(group, /the body threw/);
      let waited = false;
      await withTaskGroup((tasks) => {
        tasks.spawn(() =>
          sleep(1_000).then(() => {
            waited = true;
          }),
        );
      });
      assert.ok(waited);
    }),
  );

  it(
    "law 27: a generator that needs tasks is written with produce: started at the first next, cancelled when left unread",
    virtual(async () => {
      const log: string[] = [];
      const numbers = produce<number>(async (emit) => {
        log.push("started");
        try {
          for (let i = 0; ; i++) await emit(i);
        } finally {
          log.push("ended");
        }
      });
      await sleep(1);
      assert.deepEqual(log, []);
      await withTaskGroup(async () => {
        const seen: number[] = [];
        for await (const number of numbers) {
          seen.push(number);
          if (number === 2) break;
        }
        assert.deepEqual(seen, [0, 1, 2]);
      });
      assert.deepEqual(log, ["started", "ended"]);
    }),
  );

  it(
    "law 27: an async generator runs under the deadline of whoever calls next",
    virtual(async () => {
      async function* ticks(): AsyncGenerator<string> {
        for (;;) {
          await sleep(20);
          yield currentTask()?.name ?? "no task";
        }
      }
      const source = ticks();
      assert.equal((await withTimeout(30, () => source.next())).value, "no task");
      await assert.rejects(
        withTimeout(10, () => source.next()),
        TimeoutError,
      );
    }),
  );
});
