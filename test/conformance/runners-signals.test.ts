/** What asyncio's own tests demand of an interrupted `asyncio.run`. See cases.md. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { run, sleep } from "../../src/index.ts";

const programs = fileURLToPath(new URL("./interrupted.ts", import.meta.url));
const runtimeArgs = "Deno" in globalThis ? ["run", "-A", "--no-check", "--no-lock"] : [];

/** Runs a program of interrupted.ts in a process of its own. */
function interrupted(name: string): Promise<{ code: unknown; out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...runtimeArgs, programs, name], (error, out) => {
      resolve({ code: error === null ? 0 : error.code, out: out.trim() });
    });
  });
}

// Unlike asyncio, no KeyboardInterrupt is raised: the process ends with the code of the signal when the cancellation has ended main.
describe("An interrupt from the keyboard", () => {
  it("cancels a main that never waits for long", async () => {
    assert.deepEqual(await interrupted("busy"), { code: 130, out: "cancelled" });
  });

  it("cancels the wait of a main that waits for ever, and leaves nothing of it behind", async () => {
    assert.deepEqual(await interrupted("waiting"), { code: 130, out: "waiters: 0" });
  });

  it("goes through a scope that the program had cancelled itself", async () => {
    assert.deepEqual(await interrupted("cancelledBefore"), { code: 130, out: "" });
  });

  it("that main swallows leaves its value, and the exit code of the signal", async () => {
    assert.deepEqual(await interrupted("swallowing"), { code: 130, out: "returned" });
  });

  it("is left alone by a run that is told not to own signals", async () => {
    const before = process.listenerCount("SIGINT");
    const main = async (): Promise<void> => {
      await sleep(0);
      assert.equal(process.listenerCount("SIGINT"), before);
    };
    await run(main, { signals: false });
  });
});
