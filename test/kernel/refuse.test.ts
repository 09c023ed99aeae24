import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  checkpoint,
  currentRuntime,
  ScopeEnded,
  sleep,
  withCancelScope,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

/** Lets `wait` be refused `count` times and swallows that. */
async function swallow(count: number, wait: () => Promise<unknown> = () => sleep(1)): Promise<void> {
  for (let i = 0; i < count; i++) await assert.rejects(wait(), Cancelled);
}

describe("Refused waits", () => {
  it(
    "come at once a hundred times",
    virtual(async (time) => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        let turns = 0;
        currentRuntime().callSoon(() => turns++);
        await swallow(100);
        assert.deepEqual([turns, time.now()], [0, 0]);
      });
      assert.equal(time.log.length, 0);
    }),
  );

  it(
    "then come after a turn, and after 1, 2, 4 ... at most 100 ms",
    virtual(async (time) => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await swallow(100);
        let turns = 0;
        currentRuntime().callSoon(() => turns++);
        const delays: number[] = [];
        for (let i = 0; i < 11; i++) {
          const before = time.now();
          await swallow(1);
          delays.push(time.now() - before);
        }
        assert.deepEqual(delays, [0, 1, 2, 4, 8, 16, 32, 64, 100, 100, 100]);
        assert.equal(turns, 1);
      });
    }),
  );

  it(
    "are reported once, with the task and the place",
    virtual(async (time) => {
      await withTaskGroup((group) => {
        const task = group.spawn("stubborn", async function stubbornLoop() {
          await swallow(110);
        });
        task.cancel();
      });
      const [record, ...more] = time.log;
      assert.equal(more.length, 0);
      assert.equal(record?.code, "TSY_SWALLOWED_CANCEL");
      assert.match(record?.message ?? "", /stubborn has been refused 100 waits/);
      assert.match(record?.message ?? "", /refuse\.test\.ts/);
    }),
  );

  it(
    "count anew when the cancelled scope has been left",
    virtual(async (time) => {
      for (let round = 0; round < 5; round++) {
        await withCancelScope(async (scope) => {
          scope.cancel();
          await swallow(90);
        });
      }
      assert.deepEqual([time.now(), time.log.length], [0, 0]);
    }),
  );

  it(
    "are delayed however many cancelled scopes a loop opens and leaves inside the one that is cancelled",
    virtual(async (time) => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        for (let i = 0; i < 500; i++) await withTimeout(0, () => sleep(1)).catch(() => {});
        assert.ok(time.now() > 0);
      });
    }),
  );

  it(
    "let the event loop turn in a loop that polls with a time limit of 0",
    virtual(async () => {
      let turned = false;
      currentRuntime().callSoon(() => {
        turned = true;
      });
      for (let i = 0; i < 5_000 && !turned; i++) await withTimeoutOr(0, () => sleep(1_000), undefined);
      assert.ok(turned);
    }),
  );

  it(
    "meet every kind of wait, also those that need not wait",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await swallow(1, () => sleep(0));
        await swallow(1, () => sleep(-1));
        await swallow(1, () => sleep(Infinity));
        await swallow(1, checkpoint);
      });
    }),
  );
});

describe("A wait in an ended scope", () => {
  it(
    "throws ScopeEnded, which names the outermost ended scope and the cure",
    virtual(async () => {
      let late = (): Promise<void> => Promise.resolve();
      await withCancelScope(() =>
        withTimeout(1_000, async () => {
          const { currentScope } = await import("../../src/lowlevel.ts");
          const { storage } = await import("../../src/kernel/current.ts");
          const scope = currentScope();
          late = () => storage.run(scope, () => sleep(1));
        }),
      );
      const error = await late().catch((caught: unknown) => caught);
      assert.ok(error instanceof ScopeEnded);
      assert.match(error.message, /cannot wait in test > withCancelScope: it has already ended/);
      assert.match(error.message, /detached\(\(\) => \.\.\.\)/);
    }),
  );

  it(
    "never resolves, and stays refused",
    virtual(async () => {
      const { storage } = await import("../../src/kernel/current.ts");
      const { currentScope } = await import("../../src/lowlevel.ts");
      const scope = await withTaskGroup(() => currentScope());
      await storage.run(scope, async () => {
        for (let i = 0; i < 3; i++) await assert.rejects(sleep(1), ScopeEnded);
        await assert.rejects(
          withTimeout(5, () => sleep(1)),
          ScopeEnded,
        );
      });
    }),
  );
});
