/** What asyncio's own tests demand of time limits that meet errors and other cancellations. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  sleep,
  suppressedErrors,
  TimeoutError,
  withCancelScope,
  withShield,
  withTaskGroup,
  withTimeout,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";
import { crashInCleanUp } from "./crash.ts";

describe("A time limit whose function fails", () => {
  it(
    "throws the function's own error when the limit has not passed",
    virtual(async () => {
      const boom = new RangeError("boom");
      const limited = withTimeout(10, () => {
        throw boom;
      });
      await assert.rejects(limited, (error) => error === boom);
    }),
  );

  // Unlike asyncio, errors carry no chain of what was being handled; a `finally` that is cut loses its error, as in all of JavaScript.
  it(
    "throws TimeoutError when it cuts the clean-up after an error",
    virtual(async () => {
      const limited = withTimeout(10, async () => {
        try {
          throw new RangeError("boom");
        } finally {
          await sleep(1_000);
        }
      });
      await assert.rejects(
        limited,
        (error) => error instanceof TimeoutError && error.cause === undefined,
      );
    }),
  );

  it(
    "throws the error of the clean-up in place of TimeoutError",
    virtual(async (time) => {
      const boom = new RangeError("clean-up");
      await assert.rejects(
        withTimeout(10, () => crashInCleanUp(boom)),
        (error) => error === boom,
      );
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "throws the last error of a clean-up that fails more than once",
    virtual(async () => {
      const last = new TypeError("last");
      const limited = withTimeout(10, async () => {
        try {
          await crashInCleanUp(new RangeError("first"));
        } finally {
          await Promise.reject(last);
        }
      });
      await assert.rejects(limited, (error) => error === last);
    }),
  );

  it(
    "throws the error of a task's clean-up bare through the group inside",
    virtual(async () => {
      const boom = new RangeError("clean-up");
      const limited = withTimeout(10, () =>
        withTaskGroup(async (group) => {
          group.spawn(crashInCleanUp, boom);
          try {
            throw new TypeError("body");
          } finally {
            await sleep(1_000);
          }
        }),
      );
      await assert.rejects(limited, (error) => error === boom);
      assert.equal(suppressedErrors(boom).count, 0);
    }),
  );
});

describe("A time limit among other cancellations", () => {
  it(
    "throws no TimeoutError for a cancellation from further out",
    virtual(async (time) => {
      let seen: unknown;
      await withCancelScope(async (scope) => {
        const limited = withTimeout(10, () => {
          scope.cancel("from outside");
          return sleep(1_000);
        });
        await limited.catch((error: unknown) => {
          seen = error;
        });
      });
      assert.ok(seen instanceof Cancelled && seen.reason === "from outside");
      assert.equal(time.now(), 0);
    }),
  );

  // Unlike asyncio, where waits in a clean-up go on: the shield says for how long it may wait.
  it(
    "acts in the shielded clean-up of another one that has passed",
    virtual(async (time) => {
      const limited = withTimeout(10, async () => {
        try {
          await sleep(1_000);
        } finally {
          const cleanUp = withShield(500, () => withTimeout(20, () => sleep(10_000)));
          await assert.rejects(cleanUp, TimeoutError);
        }
      });
      await assert.rejects(limited, TimeoutError);
      assert.equal(time.now(), 30);
    }),
  );

  // Unlike asyncio, a cancellation that was swallowed meets the next wait too, and no time limit turns it into its own.
  it(
    "lets a cancellation through that the task had swallowed before",
    virtual(async () => {
      const swallowed = withCancelScope(async (scope) => {
        scope.cancel("from outside");
        await assert.rejects(sleep(1_000), Cancelled);
        await assert.rejects(
          withTimeout(0, () => sleep(1_000)),
          Cancelled,
        );
        return "returned";
      });
      assert.equal(await swallowed, "returned");
      await assert.rejects(
        withTimeout(0, () => sleep(1_000)),
        TimeoutError,
      );
    }),
  );

  it(
    "lets a new cancellation through after one that was caught",
    virtual(async () => {
      await withCancelScope((first) => {
        first.cancel("first");
        return sleep(1_000);
      });
      let seen: unknown;
      await withCancelScope((second) =>
        withTimeout(1_000, () => {
          second.cancel("second");
          return sleep(2_000);
        }).catch((error: unknown) => {
          seen = error;
          throw error;
        }),
      );
      assert.ok(seen instanceof Cancelled && seen.reason === "second");
    }),
  );
});
