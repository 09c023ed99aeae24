/** The law about programs, named by the law. Its tests in detail are in test/kernel/run.test.ts. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NestedRun, run, sleep } from "../../src/index.ts";
import { runProgram, signalsOn, type ChildOptions } from "../fixtures/child.ts";

const program = (name: string, options: ChildOptions = {}) =>
  runProgram("run-programs.ts", { ...options, args: [name] });

const interrupted = program("cleanup", { onOutput: signalsOn(["ready", "SIGINT"]) });
const stuck = program("grace", { onOutput: signalsOn(["ready", "SIGTERM"]) });
const twice = program("slow-cleanup", {
  onOutput: signalsOn(["ready", "SIGTERM"], ["cleaning", "SIGINT"]),
});

describe("Programs", () => {
  it("law 28: the first signal cancels main and gives clean-up a grace period; exit codes are the usual ones", async () => {
    const { code, output } = await interrupted;
    assert.deepEqual([code, output], [130, "ready\ntask cleaned up\nservice cleaned up\n"]);
  });

  it("law 28: after the grace period the tree of what is stuck is printed and the process exits", async () => {
    const { code, errors } = await stuck;
    assert.equal(code, 143);
    assert.match(errors, /stuck driver/);
  });

  it("law 28: a second signal exits at once", async () => {
    const { code, output } = await twice;
    assert.deepEqual([code, output], [130, "ready\ncleaning\n"]);
  });

  it("law 28: run inside a live run throws; side by side they are allowed", async () => {
    await run(() =>
      assert.rejects(
        run(() => 1),
        NestedRun,
      ),
    );
    assert.deepEqual(await Promise.all([run(() => sleep(1)), run(() => 2)]), [undefined, 2]);
  });
});
