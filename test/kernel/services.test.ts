import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withShield, withTaskGroup, withTimeoutOr } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

async function untilCancelled(log: string[], name: string): Promise<void> {
  try {
    await sleep(Infinity);
  } finally {
    log.push(name);
  }
}

describe("A service", () => {
  it(
    "does not keep its group open",
    virtual(async (time) => {
      await withTaskGroup((group) => {
        group.spawnService(() => sleep(Infinity));
        group.spawn(() => sleep(10));
      });
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "is cancelled after the body and all ordinary tasks have ended",
    virtual(async () => {
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        group.spawnService(untilCancelled, log, "service");
        group.spawn(async () => {
          await sleep(10);
          log.push("task");
        });
        await sleep(5);
        log.push("body");
      });
      assert.deepEqual(log, ["body", "task", "service"]);
    }),
  );

  it(
    "serves the clean-up of the tasks of a cancelled group",
    virtual(async () => {
      const log: string[] = [];
      await withTimeoutOr(
        5,
        () =>
          withTaskGroup((group) => {
            group.spawnService(untilCancelled, log, "service");
            group.spawn(async () => {
              try {
                await sleep(1_000);
              } finally {
                await withShield(100, () => sleep(10));
                log.push("task");
              }
            });
          }),
        undefined,
      );
      assert.deepEqual(log, ["task", "service"]);
    }),
  );

  it(
    "outlives the stray work of the body",
    virtual(async () => {
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        group.spawnService(untilCancelled, log, "service");
        untilCancelled(log, "stray work").catch(() => {});
      });
      assert.deepEqual(log, ["stray work", "service"]);
    }),
  );

  it(
    "outlives the tasks of a group that failed",
    virtual(async () => {
      const log: string[] = [];
      await assert.rejects(
        withTaskGroup((group) => {
          group.spawnService(untilCancelled, log, "service");
          group.spawn(untilCancelled, log, "task");
          throw new Error("body");
        }),
        /body/,
      );
      assert.deepEqual(log, ["task", "service"]);
    }),
  );

  it(
    "is cancelled together with the others of its group, and awaited",
    virtual(async (time) => {
      const log: string[] = [];
      await withTaskGroup((group) => {
        for (const ms of [20, 10]) {
          group.spawnService(async () => {
            try {
              await sleep(Infinity);
            } finally {
              await withShield(100, () => sleep(ms));
              log.push(`after ${time.now()}`);
            }
          });
        }
      });
      assert.deepEqual(log, ["after 10", "after 20"]);
    }),
  );

  it(
    "that fails fails the group",
    virtual(async () => {
      const error = new Error("service");
      await assert.rejects(
        withTaskGroup(async (group) => {
          group.spawnService(async () => {
            await sleep(5);
            throw error;
          });
          await sleep(1_000);
        }),
        (thrown) => thrown === error,
      );
    }),
  );

  it(
    "that fails while it stops fails the group",
    virtual(async () => {
      await assert.rejects(
        withTaskGroup((group) => {
          group.spawnService(() =>
            sleep(Infinity).catch(() => {
              throw new Error("stopping");
            }),
          );
        }),
        /stopping/,
      );
    }),
  );

  it(
    "that returns is just done",
    virtual(async () => {
      const value = await withTaskGroup(async (group) => {
        const service = group.spawnService(() => sleep(1));
        await sleep(5);
        return service.state;
      });
      assert.equal(value, "done");
    }),
  );

  it(
    "can spawn ordinary tasks, which keep the group open",
    virtual(async (time) => {
      await withTaskGroup((group) => {
        group.spawnService(async () => {
          group.spawn(() => sleep(10));
          await sleep(Infinity);
        });
      });
      assert.equal(time.now(), 10);
    }),
  );

  it(
    "can be cancelled by its task",
    virtual(async () => {
      const log: string[] = [];
      await withTaskGroup(async (group) => {
        const service = group.spawnService(untilCancelled, log, "service");
        service.cancel();
        await sleep(1);
        log.push("body");
      });
      assert.deepEqual(log, ["service", "body"]);
    }),
  );
});
