/** CPython's test_subprocess.py, the cases that have a meaning here: `cases.md` has them all. Real processes, so on POSIX alone. */
import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { Cancelled, InvalidArgument, withCancelScope, withTimeoutOr } from "../../src/index.ts";
import { command, CommandNotFound, ConnectionReset, SpawnFailed } from "../../src/io.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const sh = (script: string, options = {}) => command("sh", ["-c", script], options);

describe("A subprocess", { skip: process.platform === "win32" }, () => {
  it("takes bytes on its input and gives bytes on its output, and its status", async () => {
    await using child = await command("cat").start();
    await child.stdin.write("some data");
    await child.stdin.end();
    assert.deepEqual(await child.stdout.readAll(), new TextEncoder().encode("some data"));
    assert.equal((await child.wait()).status, 0);
  });

  it("is given all of its input, and all of its output is collected", async () => {
    const { status, stdout } = await command("cat", [], { input: "some data" }).run();
    assert.deepEqual([status, text(stdout)], [0, "some data"]);
  });

  it("finds the end of the data where it has no input", async () => {
    assert.equal((await command("cat").bytes()).length, 0);
  });

  it("runs a shell where one is asked for, and gives its status", async () => {
    assert.equal((await sh("exit 7").runSettled()).status, 7);
  });

  it("is the leader of a session of its own", async () => {
    const child = await sh("ps -o sid= -p $$ 2>/dev/null || cut -d' ' -f6 /proc/$$/stat; echo $$").text();
    const [session, pid] = child.trim().split(/\s+/);
    assert.equal(session, pid);
  });

  it("is ended by SIGKILL when it is told so, and says by what", async () => {
    await using child = await command("sleep", ["60"]).start();
    assert.equal(child.signal("SIGKILL"), true);
    assert.deepEqual(await child.wait(), { status: null, signal: "SIGKILL" });
  });

  it("can be killed by its number while it is waited for, and is not missed", async () => {
    await using child = await command("sleep", ["60"]).start();
    const waiting = child.wait();
    process.kill(child.pid, "SIGKILL");
    assert.equal((await waiting).signal, "SIGKILL");
  });

  it("is ended by SIGTERM when it is terminated", async () => {
    await using child = await command("sleep", ["60"]).start();
    assert.deepEqual(await child.terminate(), { status: null, signal: "SIGTERM" });
  });

  it("gets the signal that is sent to it", async () => {
    await using child = await sh(
      "trap 'exit 4' HUP; echo sleeping; while :; do sleep 0.01; done",
    ).start();
    assert.equal(await child.stdout.readLine(), "sleeping");
    child.signal("SIGHUP");
    assert.equal((await child.wait()).status, 4);
  });

  it("that does not read makes its writer fail", async () => {
    await using child = await command("true").start();
    await assert.rejects(async () => {
      for (;;) await child.stdin.write("x".repeat(65_536));
    }, ConnectionReset);
    assert.equal((await child.wait()).status, 0);
  });

  it("that does not read its collected input is no failure", async () => {
    assert.equal((await command("true", [], { input: "x".repeat(1_000_000) }).run()).status, 0);
  });

  it("waits while its output is not read", async () => {
    await using child = await sh("head -c 3000000 /dev/zero").start();
    assert.equal(await withTimeoutOr(30, () => child.wait(), "waiting"), "waiting");
    assert.equal((await child.stdout.readAll()).length, 3_000_000);
    assert.equal((await child.wait()).status, 0);
  });

  it("does not share its input with others: the end of it is seen although another child was started meanwhile", async () => {
    await using first = await command("cat").start();
    await using second = await command("sleep", ["60"]).start();
    await first.stdin.end();
    assert.equal((await first.wait()).status, 0);
    assert.equal(second.exit, null);
  });

  it("takes an empty input", async () => {
    assert.equal((await command("cat", [], { input: "" }).run()).stdout.length, 0);
  });

  it("has an input that leads to nothing", async () => {
    await using child = await command("cat", [], { stdin: "ignore" }).start();
    assert.equal(await child.stdout.readText(), "");
    assert.equal((await child.wait()).status, 0);
  });

  it("has an output that leads nowhere", async () => {
    await using child = await sh("echo some data", { stdout: "ignore" }).start();
    assert.equal(await child.stdout.readText(), "");
    assert.equal((await child.wait()).status, 0);
  });

  it("has a standard error that leads nowhere", async () => {
    await using child = await sh("echo some data >&2", { stderr: "ignore" }).start();
    assert.equal(await child.stderr.readText(), "");
    assert.equal((await child.wait()).status, 0);
  });

  it("lives on when a wait for it is cancelled", async () => {
    await using child = await command("cat").start();
    await withCancelScope(async (scope) => {
      const waiting = child.wait();
      scope.cancel();
      await assert.rejects(waiting, Cancelled);
    });
    assert.equal(child.exit, null);
    await child.stdin.end();
    assert.equal((await child.wait()).status, 0);
  });

  it("is there for its block to end when the start is cancelled on its way", async () => {
    let signal: string | null = null;
    await withCancelScope(async (scope) => {
      const starting = command("sleep", ["60"]).start();
      scope.cancel();
      const child = await starting;
      await child[Symbol.asyncDispose]();
      signal = child.exit?.signal ?? null;
    });
    assert.equal(signal, "SIGTERM");
  });

  it("that runs is ended when its block is left", async () => {
    const child = await command("sleep", ["60"]).start();
    await child[Symbol.asyncDispose]();
    assert.equal(child.exit?.signal, "SIGTERM");
  });

  it("that has ended is sent nothing when its block is left", async () => {
    const child = await command("true").start();
    await child.wait();
    await child[Symbol.asyncDispose]();
    assert.deepEqual(child.exit, { status: 0, signal: null });
    assert.equal(child.signal("SIGKILL"), false);
  });

  it("that cannot be started throws, and leaves the next one alone", async () => {
    await assert.rejects(command("no-such-program").start(), CommandNotFound);
    await assert.rejects(command("/etc/passwd").start(), SpawnFailed);
    assert.equal((await command("true").run()).status, 0);
  });

  it("that cannot be started throws where it has an input too", async () => {
    await assert.rejects(command("no-such-program", [], { input: "some data" }).run(), CommandNotFound);
  });

  it("can be read after it has ended", async () => {
    await using child = await sh("echo some data").start();
    await child.wait();
    assert.equal(await child.stdout.readText(), "some data\n");
  });

  it("is not started from values that no process can have", () => {
    for (const args of [[1], [null], ["a\0b"]])
      assert.throws(() => command("true", args as never), InvalidArgument);
  });

  it("runs in a folder given by its path", async () => {
    assert.equal(await command("pwd", [], { cwd: "/" }).text(), "/\n");
  });

  it("keeps its output for the next read when one is cancelled", async () => {
    await using child = await command("cat").start();
    assert.equal(await withTimeoutOr(1, () => child.stdout.readLine(), "cancelled"), "cancelled");
    await child.stdin.write("late\n");
    assert.equal(await child.stdout.readLine(), "late");
  });

  it("can be ended when a write to it was cancelled", async () => {
    await using child = await sh("sleep 60").start();
    const write = (): Promise<void> => child.stdin.write(new Uint8Array(1_000_000));
    assert.equal(await withTimeoutOr(5, write, "cancelled"), "cancelled");
    assert.equal((await child.terminate())?.signal, "SIGTERM");
  });

  it("can be ended when a read and a write were cancelled together", async () => {
    const child = await sh("sleep 60").start();
    await withTimeoutOr(
      5,
      () => Promise.all([child.stdin.write(new Uint8Array(1_000_000)), child.stdout.read()]),
      undefined,
    );
    await child[Symbol.asyncDispose]();
    assert.equal(child.exit?.signal, "SIGTERM");
  });

  it("has ended when its first process has, though another one holds its output", async () => {
    await using child = await sh("sleep 60 & echo started").start();
    assert.equal(await child.stdout.readLine(), "started");
    assert.equal((await child.wait()).status, 0);
  });
});
