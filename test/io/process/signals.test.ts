/** Signals to our own process, as an iterable. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { afterEach, describe, it } from "node:test";
import {
  InvalidArgument,
  sleep,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
} from "../../../src/index.ts";
import { signals } from "../../../src/io.ts";

const send = (name: NodeJS.Signals): boolean => process.kill(process.pid, name);
const listeners = (): number[] => ["SIGHUP", "SIGWINCH"].map((name) => process.listenerCount(name));

const before = listeners();

/** A signal comes in a later turn of the event loop; it is there when a listener of our own has heard it. */
function heard(name: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => {}, 1_000);
    process.once(name, () => {
      clearInterval(alive);
      setImmediate(resolve);
    });
    send(name);
  });
}

describe("Signals", { skip: process.platform === "win32" }, () => {
  afterEach(() => assert.deepEqual(listeners(), before, "no listener is left"));

  it("are heard by a loop whose first step was cancelled before it began", async () => {
    const loop = signals("SIGHUP")[Symbol.asyncIterator]();
    await withCancelScope(async (scope) => {
      scope.cancel("not yet");
      await loop.next();
    });
    await withTaskGroup(async (group) => {
      const next = group.spawn(() => loop.next());
      await heard("SIGHUP");
      assert.deepEqual(await withTimeoutOr(1_000, () => next.join(), null), {
        done: false,
        value: "SIGHUP",
      });
      await loop.return?.();
    });
  });

  it("come as they are sent, by name", async () => {
    const names: string[] = [];
    await withTaskGroup(async (group) => {
      group.spawn(async () => {
        for await (const name of signals("SIGHUP", "SIGWINCH")) {
          names.push(name);
          if (names.length === 2) break;
        }
      });
      await sleep(0);
      await heard("SIGWINCH");
      await heard("SIGHUP");
    });
    assert.deepEqual(names, ["SIGWINCH", "SIGHUP"]);
  });

  it("of one kind that nobody has taken count as one; those of other kinds are kept", async () => {
    const iterator = signals("SIGHUP", "SIGWINCH")[Symbol.asyncIterator]();
    const first = iterator.next();
    await sleep(0);
    await heard("SIGHUP");
    assert.deepEqual(await first, { done: false, value: "SIGHUP" });
    for (const name of ["SIGHUP", "SIGWINCH", "SIGHUP"] as const) await heard(name);
    assert.equal((await iterator.next()).value, "SIGHUP");
    assert.equal((await iterator.next()).value, "SIGWINCH");
    assert.equal(await withTimeoutOr(1, () => iterator.next(), "none"), "none");
    await iterator.return?.();
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  });

  it("go to every loop that waits for them", async () => {
    const first = async (): Promise<string> => {
      for await (const name of signals("SIGHUP")) return name;
      return "none";
    };
    await withTaskGroup(async (group) => {
      const loops = [group.spawn(first), group.spawn(first)];
      await sleep(0);
      await heard("SIGHUP");
      for (const loop of loops) assert.equal(await loop.join(), "SIGHUP");
    });
  });

  it("are not lost to a cancelled wait, and are heard no more when the scope of the loop is left", async () => {
    const iterator = signals("SIGHUP")[Symbol.asyncIterator]();
    await withCancelScope(async () => {
      await withTimeoutOr(1, () => iterator.next(), undefined);
    });
    assert.equal((await iterator.next()).done, true);
  });

  it("end a loop when its scope is cancelled", async () => {
    await withCancelScope(async (scope) => {
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          for await (const name of signals("SIGHUP")) assert.fail(name);
        });
        await sleep(0);
        assert.deepEqual(listeners(), [1 + (before[0] ?? 0), before[1]]);
        scope.cancel();
      });
    });
  });

  it("must have names that can be heard", () => {
    for (const name of ["SIGKILL", "SIGSTOP", "SIGNOTHING", "HUP", "", 1 as never])
      assert.throws(() => signals(name), InvalidArgument, String(name));
    assert.throws(() => signals(), InvalidArgument);
  });

  it("keep a program alive that waits for them, and a background task's do not", async () => {
    const isDeno = "Deno" in globalThis;
    const args = isDeno ? ["run", "-A", "--no-check", "--no-lock"] : [];
    const child = spawn(process.execPath, [...args, join(import.meta.dirname, "hearing.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output === "ready\n") process.kill(child.pid as number, "SIGHUP");
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.deepEqual([code, output], [0, "ready\nSIGHUP\n"]);
  });
});
