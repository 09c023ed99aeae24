/** What asyncio's own tests demand of `shield`; ours is a scope that its opener waits for, not a task that is left behind. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  Cancelled,
  Future,
  sleep,
  TaskCancelled,
  withCancelScope,
  withShield,
  withTaskGroup,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";
import { cancelAfter } from "./cancel-after.ts";

describe("A shield", () => {
  it(
    "gives the value of its function",
    virtual(async () => {
      const inner = new Future<number>();
      await withTaskGroup(async (group) => {
        const task = group.spawn(() => withShield(100, () => inner.wait()));
        inner.resolve(42);
        assert.equal(await task.join(), 42);
      });
    }),
  );

  it(
    "throws the error of its function, itself",
    virtual(async () => {
      const expected = new RangeError("expected");
      const inner = new Future<number>();
      const shielded = withTaskGroup(async (group) => {
        const task = group.spawn(() => withShield(100, () => inner.wait()));
        await sleep(0);
        inner.reject(expected);
        await task.join();
      });
      await assert.rejects(shielded, (error) => error === expected);
    }),
  );

  it(
    "lets a cancellation from inside through",
    virtual(async (time) => {
      await withTaskGroup(async (group) => {
        const inner = group.spawn(() => sleep(1_000));
        const outer = group.spawn(() =>
          assert.rejects(
            withShield(10_000, () => inner.join()),
            TaskCancelled,
          ),
        );
        inner.cancel();
        await outer.join();
      });
      assert.equal(time.now(), 0);
    }),
  );

  it(
    "gives a value that is there at once, also in a scope that is cancelled already",
    virtual(async () => {
      const future = new Future<number>();
      future.resolve(42);
      const value = await withCancelScope((scope) => {
        scope.cancel();
        return withShield(100, () => future.wait());
      });
      assert.equal(value, 42);
    }),
  );
});

// Unlike asyncio's, which is left at once and lets its work run on alone.
describe("A shield around which a cancellation comes", () => {
  it(
    "is left when its function has ended; the cancellation meets the next wait",
    virtual(async (time) => {
      const steps: string[] = [];
      const { caught } = await cancelAfter(1, async () => {
        await withShield(100, () => sleep(5));
        steps.push("shield left");
        await sleep(5);
        steps.push("went on");
      });
      assert.deepEqual([caught, steps, time.now()], [true, ["shield left"], 5]);
    }),
  );

  it(
    "has no effect on what runs inside",
    virtual(async () => {
      const waiter = new Future<void>();
      let proof = 0;
      await withTaskGroup(async (group) => {
        const outer = group.spawn(async () => {
          await withShield(100, () => waiter.wait().then(() => proof++));
          await sleep(0);
          proof += 100;
        });
        outer.cancel();
        await sleep(1);
        assert.equal(outer.state, "running");
        waiter.resolve();
        await assert.rejects(outer.join(), TaskCancelled);
      });
      assert.equal(proof, 1);
    }),
  );

  it(
    "loses no value that comes afterwards",
    virtual(async (time) => {
      let value: unknown;
      await cancelAfter(1, async () => {
        value = await withShield(100, () => sleep(5).then(() => 1));
      });
      assert.equal(value, 1);
      assert.deepEqual([time.takeUnhandled(), time.log], [[], []]);
    }),
  );

  it(
    "throws an error that comes afterwards to who waits for it",
    virtual(async (time) => {
      const boom = new RangeError("foo");
      const failing = cancelAfter(1, () =>
        withShield(100, () => sleep(5).then(() => Promise.reject(boom))),
      );
      await assert.rejects(failing, (error) => error === boom);
      assert.deepEqual(time.takeUnhandled(), []);
    }),
  );

  it(
    "throws such an error to each that shields the same work, and reports it to nobody",
    virtual(async (time) => {
      const inner = new Future<void>();
      const boom = new RangeError("foo");
      const seen: unknown[] = [];
      await cancelAfter(1, () =>
        withTaskGroup((group) => {
          for (let count = 0; count < 2; count++) {
            group.spawn(() =>
              withShield(100, () => inner.wait()).catch((error: unknown) => seen.push(error)),
            );
          }
          group.spawn(() => withShield(100, () => sleep(5)).then(() => inner.reject(boom)));
        }),
      );
      assert.deepEqual(seen, [boom, boom]);
      assert.deepEqual(time.takeUnhandled(), []);
    }),
  );

  it(
    "lets all that it encloses come to its end",
    virtual(async () => {
      const [one, two] = [new Future<number>(), new Future<number>()];
      let values: unknown;
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          values = await withShield(100, () => all([() => one.wait(), () => two.wait()]));
          await sleep(0);
        });
        task.cancel();
        await sleep(1);
        one.resolve(1);
        two.resolve(2);
        await assert.rejects(task.join(), TaskCancelled);
      });
      assert.deepEqual(values, [1, 2]);
    }),
  );

  it(
    "holds for its branch of all alone",
    virtual(async () => {
      const child = new Future<number>();
      let shielded: unknown;
      let bare: unknown;
      await withTaskGroup(async (group) => {
        const task = group.spawn(() =>
          all([
            () => withShield(100, () => child.wait()).then((value) => (shielded = value)),
            () =>
              sleep(1_000).catch((error: unknown) => {
                bare = error;
                throw error;
              }),
          ]),
        );
        task.cancel();
        await sleep(1);
        assert.ok(bare instanceof Cancelled);
        child.resolve(1);
        await assert.rejects(task.join(), TaskCancelled);
      });
      assert.equal(shielded, 1);
    }),
  );
});
