/** The cases of CPython's test_locks in which a Condition is cancelled and notified at once, as tsyncio has them. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Cancelled, Condition, withTaskGroup, type TaskCancelled } from "../../src/index.ts";
import { virtual, type VirtualTime } from "../../src/testing.ts";

describe("Condition, cancelled and notified at once, as asyncio has it", () => {
  it(
    "a cancelled wait throws the one Cancelled of its scope, with the reason it was given",
    virtual(async (t) => {
      const condition = new Condition();
      const seen: unknown[] = [];
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          using _ = await condition.acquire();
          await condition.wait().catch((error: unknown) => seen.push(error));
          await condition.wait().catch((error: unknown) => seen.push(error));
          throw seen[0];
        });
        await t.settled();
        task.cancel("not enough arguments");
        await assert.rejects(
          task.join(),
          (error: TaskCancelled) => error.reason === "not enough arguments",
        );
      });
      const [first, second] = seen;
      assert.ok(first instanceof Cancelled);
      assert.equal(first.reason, "not enough arguments");
      assert.equal(second, first);
    }),
  );

  it(
    "a cancelled wait throws the same Cancelled when it had to wait for the lock first",
    virtual(async (t) => {
      const condition = new Condition();
      const seen: unknown[] = [];
      await withTaskGroup(async (group) => {
        const task = group.spawn(async () => {
          using _ = await condition.acquire();
          try {
            await condition.wait();
          } catch (error) {
            seen.push(error, condition.lock.isHeld);
            throw error;
          }
        });
        await t.settled();
        const hold = await condition.acquire();
        task.cancel("first");
        await t.settled();
        task.cancel("second");
        await t.settled();
        assert.deepEqual(seen, []);
        hold.release();
        await assert.rejects(task.join(), (error: TaskCancelled) => error.reason === "first");
      });
      assert.ok(seen[0] instanceof Cancelled);
      assert.equal(seen[0].reason, "first");
      assert.equal(seen[1], true);
      assert.equal(condition.lock.isHeld, false);
    }),
  );

  it(
    "no notification is lost when its receiver is cancelled as it is woken: unlike asyncio, it still gets the item",
    virtual(async (t) => assert.deepEqual(await consumers(t, "at once"), [1])),
  );

  it(
    "no notification is lost when its receiver is cancelled while it waits for the lock again",
    virtual(async (t) => assert.deepEqual(await consumers(t, "later"), [1])),
  );
});

/** Two consumers; one item is produced, and the consumer that was notified of it is cancelled. Says who consumed it. */
async function consumers(t: VirtualTime, cancelled: "at once" | "later"): Promise<number[]> {
  const condition = new Condition();
  const consumed: number[] = [];
  let stock = 0;
  const consume = async (n: number): Promise<void> => {
    using _ = await condition.acquire();
    for (;;) {
      await condition.waitFor(() => stock !== 0);
      if (stock < 0) return;
      stock--;
      consumed.push(n);
      condition.notifyAll();
    }
  };
  await withTaskGroup(async (group) => {
    const first = group.spawn(consume, 1);
    group.spawn(consume, 2);
    await t.settled();
    using _ = await condition.acquire();
    stock++;
    condition.notify(1);
    if (cancelled === "later") await t.settled();
    first.cancel();
    await condition.waitFor(() => stock === 0);
    stock = -1;
    condition.notifyAll();
  });
  assert.deepEqual(condition.stats(), { waiters: 0, lock: { isHeld: false, waiters: 0 } });
  return consumed;
}
