import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  ContextVar,
  InvalidArgument,
  shared,
  sleep,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("shared", () => {
  it(
    "computes once for all who ask at the same time, and again for those who ask later",
    virtual(async () => {
      let calls = 0;
      const load = shared(async () => {
        calls++;
        await sleep(10);
        return calls;
      });
      assert.deepEqual(await all([() => load(), () => load(), () => load()]), [1, 1, 1]);
      assert.equal(await load(), 2);
    }),
  );

  it(
    "keeps keys apart",
    virtual(async () => {
      const seen: string[] = [];
      const load = shared(async (id: string) => {
        seen.push(id);
        await sleep(1);
        return id;
      });
      assert.deepEqual(await all([() => load("a"), () => load("b"), () => load("a")]), ["a", "b", "a"]);
      assert.deepEqual(seen, ["a", "b"]);
    }),
  );

  it(
    "lives on when one of several waiters is cancelled",
    virtual(async (time) => {
      const load = shared(async () => {
        await sleep(50);
        return "value";
      });
      await withTaskGroup(async (group) => {
        const other = group.spawn(() => load());
        assert.equal(await withTimeoutOr(10, load, "late"), "late");
        assert.equal(await other.join(), "value");
      });
      assert.equal(time.now(), 50);
    }),
  );

  it(
    "is cancelled when its last waiter has gone, and begins anew for the next",
    virtual(async () => {
      const ends: string[] = [];
      const load = shared(async () => {
        try {
          await sleep(50);
          return "value";
        } catch (error) {
          ends.push("cancelled");
          throw error;
        }
      });
      await withTimeoutOr(10, load, "late");
      assert.equal(await load(), "value");
      assert.deepEqual(ends, ["cancelled"]);
    }),
  );

  it(
    "is not reached by the deadline of the first caller",
    virtual(async () => {
      const load = shared(async () => {
        await sleep(50);
        return "value";
      });
      await withTaskGroup(async (group) => {
        group.spawn(() => withTimeout(20, load).catch(() => {}));
        const second = group.spawn(() => load());
        assert.equal(await second.join(), "value");
      });
    }),
  );

  it(
    "throws a failure to all who wait, and does not remember it",
    virtual(async () => {
      let calls = 0;
      const load = shared(
        async () => {
          calls++;
          await sleep(1);
          if (calls === 1) throw new RangeError("once");
          return calls;
        },
        { ttlMs: 1_000 },
      );
      await withTaskGroup(async (group) => {
        const tasks = [0, 1].map(() => group.spawn(() => assert.rejects(load(), RangeError)));
        for (const task of tasks) await task.join();
      });
      assert.equal(await load(), 2);
    }),
  );

  it(
    "remembers a value for its time to live, and no longer",
    virtual(async () => {
      let calls = 0;
      const load = shared(async () => ++calls, { ttlMs: 100 });
      assert.equal(await load(), 1);
      await sleep(99);
      assert.equal(await load(), 1);
      await sleep(2);
      assert.equal(await load(), 2);
    }),
  );

  it(
    "does not inherit the context of whoever came first",
    virtual(async () => {
      const user = new ContextVar<string>("user", "nobody");
      const load = shared(async () => user.get());
      assert.equal(await user.run("alice", load), "nobody");
    }),
  );

  it(
    "throws a synchronous failure to the caller",
    virtual(async () => {
      const load = shared(() => {
        throw new RangeError("sync");
      });
      await assert.rejects(load(), RangeError);
    }),
  );

  it(
    "refuses several arguments without a key",
    virtual(async () => {
      const load = shared(async (a: number, b: number) => a + b);
      assert.throws(() => load(1, 2), InvalidArgument);
      assert.equal(
        await shared(async (a: number, b: number) => a + b, { key: (a, b) => `${a},${b}` })(1, 2),
        3,
      );
    }),
  );
});
