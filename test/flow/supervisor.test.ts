import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  InvalidArgument,
  RestartLimit,
  sleep,
  withCancelScope,
  withSupervisor,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

const quiet = { onFailure: () => {} };

describe("withSupervisor", () => {
  it(
    "restarts a failing child with growing pauses while its siblings live on",
    virtual(async (time) => {
      const starts: number[] = [];
      let siblingEnded = 0;
      await withSupervisor(
        (supervisor) => {
          supervisor.spawn("flaky", async () => {
            starts.push(time.now());
            if (starts.length < 4) throw new Error("again");
          });
          supervisor.spawn("steady", async () => {
            await sleep(5_000);
            siblingEnded = time.now();
          });
        },
        { ...quiet, pauseMs: 100 },
      );
      assert.deepEqual(starts, [0, 100, 300, 700]);
      assert.equal(siblingEnded, 5_000);
    }),
  );

  it(
    "reports each failure, by default to the runtime's log",
    virtual(async (time) => {
      let failed = false;
      await withSupervisor((supervisor) => {
        supervisor.spawn("flaky", () => {
          if (failed) return;
          failed = true;
          throw new Error("broken pipe");
        });
      });
      assert.match(time.log[0]!.message, /flaky failed: Error: broken pipe/);
      const told: unknown[] = [];
      await withSupervisor(
        (supervisor) => {
          supervisor.spawn(function child() {
            if (told.length === 0) throw new Error("once");
          });
        },
        { onFailure: (error, child) => told.push([(error as Error).message, child]) },
      );
      assert.deepEqual(told, [["once", "child"]]);
    }),
  );

  it(
    "fails when a child fails more often than allowed, and cancels the others",
    virtual(async () => {
      let siblingCancelled = false;
      let starts = 0;
      await assert.rejects(
        withSupervisor(
          (supervisor) => {
            supervisor.spawn(() => {
              starts++;
              throw new Error("always");
            });
            supervisor.spawn(async () => {
              try {
                await sleep(Infinity);
              } finally {
                siblingCancelled = true;
              }
            });
          },
          { ...quiet, maxRestarts: 2 },
        ),
        (error) => error instanceof RestartLimit && (error.cause as Error).message === "always",
      );
      assert.equal(starts, 3);
      assert.equal(siblingCancelled, true);
    }),
  );

  it(
    "forgets restarts that are older than the window",
    virtual(async () => {
      let starts = 0;
      await withSupervisor(
        (supervisor) => {
          supervisor.spawn(async () => {
            starts++;
            await sleep(1_000);
            if (starts < 10) throw new Error("slowly");
          });
        },
        { ...quiet, maxRestarts: 1, withinMs: 500, pauseMs: 1 },
      );
      assert.equal(starts, 10);
    }),
  );

  it(
    "leaves a returned child alone unless told to restart it always",
    virtual(async () => {
      let starts = 0;
      await withSupervisor((supervisor) => {
        supervisor.spawn(() => {
          starts++;
        });
      });
      assert.equal(starts, 1);
      await withCancelScope((scope) =>
        withSupervisor(
          (supervisor) => {
            supervisor.spawn(() => {
              if (++starts === 5) scope.cancel();
            });
          },
          { restart: "always" },
        ),
      );
      assert.equal(starts, 5);
    }),
  );

  it(
    "never restarts under the policy never, and the siblings live on",
    virtual(async (time) => {
      await withSupervisor(
        (supervisor) => {
          supervisor.spawn(() => {
            throw new Error("gone");
          });
          supervisor.spawn(() => sleep(100));
        },
        { ...quiet, restart: "never" },
      );
      assert.equal(time.now(), 100);
    }),
  );

  it(
    "ends a child for good when its task is cancelled",
    virtual(async () => {
      let starts = 0;
      await withSupervisor(
        async (supervisor) => {
          const task = supervisor.spawn(async () => {
            starts++;
            await sleep(Infinity);
          });
          await sleep(1);
          task.cancel();
        },
        { restart: "always" },
      );
      assert.equal(starts, 1);
    }),
  );

  it(
    "refuses bad policies",
    virtual(async () => {
      for (const bad of [
        { restart: "sometimes" },
        { maxRestarts: -1 },
        { withinMs: Number.NaN },
        { pauseMs: "1" },
      ]) {
        await assert.rejects(
          withSupervisor(() => {}, bad as never),
          InvalidArgument,
        );
      }
    }),
  );
});
