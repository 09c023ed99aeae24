/** The laws about cancellation, a test or more for each, named by the law. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  Cancelled,
  currentSignal,
  Lock,
  Queue,
  shared,
  sleep,
  TimeoutError,
  until,
  withCancelScope,
  withShield,
  withSignal,
  withTaskGroup,
  withTimeout,
  withTimeoutOr,
} from "../../src/index.ts";
import { formatTree } from "../../src/inspect.ts";
import { WaitQueue } from "../../src/lowlevel.ts";
import { virtual } from "../../src/testing.ts";

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing",
    (error: unknown) => error,
  );

describe("Cancellation", () => {
  it(
    "law 9: it belongs to a scope and is level-triggered: every wait rejects until the scope is left",
    virtual(async () => {
      const result = await withCancelScope(async (scope) => {
        scope.cancel("enough");
        const errors = [await caught(sleep(1)), await caught(sleep(0)), await caught(sleep(1))];
        assert.ok(errors.every((error) => error instanceof Cancelled && error === errors[0]));
        throw errors[0];
      });
      assert.equal(result, undefined);
      await sleep(1);
    }),
  );

  it(
    "law 9: a scope catches only its own; a Cancelled from elsewhere is an ordinary error",
    virtual(async () => {
      let foreign: unknown;
      await withCancelScope(async (scope) => {
        scope.cancel();
        foreign = await caught(sleep(1));
      });
      assert.equal(await caught(withCancelScope(() => Promise.reject(foreign))), foreign);
      const outer = await withCancelScope(async (scope) => {
        scope.cancel("outer");
        const error = await caught(withCancelScope((inner) => (inner.cancel("inner"), sleep(1))));
        assert.equal((error as Cancelled).reason, "outer");
        return "outer caught nothing";
      });
      assert.equal(outer, "outer caught nothing");
    }),
  );

  it(
    "law 10: mark, then act: when foreign code runs, all scopes are marked and all waits unlinked",
    virtual(async () => {
      const queue = new WaitQueue("queue");
      let seen: unknown[] = [];
      await withTaskGroup(async (group) => {
        const task = group.spawn(() =>
          withTaskGroup((inner) => {
            const signal = currentSignal();
            signal.addEventListener("abort", () => {
              seen = [queue.size, inner.stats().tasks, signal.aborted];
              inner.spawn(() => sleep(1));
            });
            for (let i = 0; i < 3; i++) inner.spawn(() => queue.park(undefined));
          }),
        );
        task.cancel();
      });
      assert.deepEqual(seen, [0, 3, true]);
    }),
  );

  it(
    "law 11: a wait that already has its value delivers it; the cancellation meets the next wait",
    virtual(async () => {
      const queue = new Queue<string>({ capacity: 1 });
      await withCancelScope(async (scope) => {
        const getting = queue.get();
        assert.ok(queue.tryPut("item"));
        scope.cancel();
        assert.equal(await getting, "item");
        await assert.rejects(queue.get(), Cancelled);
      });
    }),
  );

  it(
    "law 11: a value that a combinator throws away is disposed of",
    virtual(async () => {
      const lock = new Lock();
      const fail = async (): Promise<never> => {
        await sleep(1);
        throw new Error("fails");
      };
      await assert.rejects(all([() => lock.acquire(), fail]), /fails/);
      assert.equal(lock.isHeld, false);
    }),
  );

  it(
    "law 12: shields are bounded: ms counts from the cancellation or the entry, whichever is later",
    virtual(async (time) => {
      await withTimeoutOr(10, () => withShield(20, () => sleep(1_000)), undefined);
      assert.equal(time.now(), 30);
      await withTimeoutOr(
        0,
        async () => {
          await sleep(1).catch(() => {});
          await withShield(20, () => sleep(15));
          assert.equal(time.now(), 45);
          await withShield(20, () => sleep(1_000));
        },
        undefined,
      );
      assert.equal(time.now(), 65);
    }),
  );

  it(
    "law 13: swallowing is survivable: delayed after 100 deliveries, with a diagnostic that names task and place",
    virtual(async (time) => {
      let rounds = 0;
      await withTaskGroup((group) => {
        const task = group.spawn("catch-all", async () => {
          while (rounds < 121) {
            rounds++;
            await sleep(1).catch(() => {});
          }
        });
        task.cancel();
      });
      assert.equal(time.now(), 1 + 2 + 4 + 8 + 16 + 32 + 64 + 12 * 100);
      assert.deepEqual(
        time.log.map((record) => record.code),
        ["TSY_SWALLOWED_CANCEL"],
      );
      assert.match(time.log[0]?.message ?? "", /catch-all[^]*cancellation\.test\.ts/);
    }),
  );

  it(
    "law 14: until((signal) => promise) aborts the signal and waits; until(promise) abandons it",
    virtual(async (time) => {
      let aborted = Number.NaN;
      const obliging = (signal: AbortSignal): Promise<void> =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            aborted = time.now();
            setImmediate(resolve);
          });
        });
      assert.equal(await withTimeoutOr(5, () => until(obliging), "value wins"), undefined);
      assert.equal(aborted, 5);
      assert.equal(await withTimeoutOr(5, () => until(new Promise(() => {})), "gave up"), "gave up");
    }),
  );

  it(
    "law 14: currentSignal is the scope as a signal, aborted when the scope ends; withSignal goes the other way",
    virtual(async () => {
      const signal = await withTaskGroup(() => {
        assert.equal(currentSignal(), currentSignal());
        return currentSignal();
      });
      assert.ok(signal.aborted);
      const controller = new AbortController();
      const reason = new Error("mine");
      const waiting = withSignal(controller.signal, () => sleep(1_000));
      controller.abort(reason);
      assert.equal(await caught(waiting), reason);
    }),
  );

  it(
    "law 14: a foreign promise that delays an exit is named in the tree",
    virtual(async () => {
      let release = (): void => {};
      const foreign = new Promise<void>((resolve) => {
        release = resolve;
      });
      await withTaskGroup(async (group) => {
        const task = group.spawn("driver", () => foreign);
        task.cancel();
        await sleep(1_500);
        assert.match(formatTree(), /driver cancelling .*running user code since 1\.5 s/);
        release();
      });
    }),
  );

  it(
    "law 15: sharing is explicit: one computation for all who ask at the same time, each cancellable alone",
    virtual(async () => {
      let loads = 0;
      const load = shared(async () => {
        loads++;
        await sleep(20);
        return loads;
      });
      await withTaskGroup(async (group) => {
        const limited = group.spawn(() => caught(withTimeout(5, () => load())));
        const patient = group.spawn(() => load());
        assert.ok((await limited.join()) instanceof TimeoutError);
        assert.equal(await patient.join(), 1);
      });
      assert.equal(await load(), 2);
    }),
  );
});
