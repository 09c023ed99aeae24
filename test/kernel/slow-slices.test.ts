import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { currentRuntime, sleep, withTaskGroup } from "../../src/index.ts";
import { SlowSlices } from "../../src/kernel/slow-slices.ts";
import type { LogRecord } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("SlowSlices", () => {
  it("names the task that was seen last before the event loop was free again", () => {
    const log: LogRecord[] = [];
    const slices = new SlowSlices((record) => log.push(record));
    slices.taskSpawned({ name: "parse", path: "main > parse" });
    slices.turned(49);
    assert.deepEqual(log, []);
    slices.turned(80);
    assert.match((log as LogRecord[])[0]!.message, /held for 80 ms.*main > parse/);
  });

  it(
    "watches while the runtime is in debug mode, and no longer",
    virtual(async (time) => {
      const runtime = currentRuntime();
      runtime.debug = true;
      assert.equal(runtime.debug, true);
      await withTaskGroup((group) => {
        group.spawn("nap", () => sleep(1));
      });
      runtime.debug = false;
      assert.equal(runtime.debug, false);
      assert.deepEqual(time.log, []);
    }),
  );
});
