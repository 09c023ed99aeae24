/** A conversation with a child, and its end. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  InvalidArgument,
  sleep,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
} from "../../../src/index.ts";
import { command, ConnectionReset, StreamClosed } from "../../../src/io.ts";

const sh = (script: string, options = {}) => command("sh", ["-c", script], options);

describe("A child", () => {
  it("is talked to through streams, and waited for", async () => {
    await using child = await command("cat").start();
    assert.ok(child.pid > 0);
    assert.equal(child.exit, null);
    for (const word of ["one", "two"]) {
      await child.stdin.write(`${word}\n`);
      assert.equal(await child.stdout.readLine(), word);
    }
    await child.stdin.end();
    assert.equal(await child.stdout.readLine(), null);
    assert.deepEqual(await child.wait(), { status: 0, signal: null });
    assert.deepEqual(child.exit, { status: 0, signal: null });
    assert.deepEqual(child.stats(), { phase: "gone", waiters: 0 });
  });

  it("ends for all who wait, before and after", async () => {
    await using child = await sh("read line; exit 5").start();
    await withTaskGroup(async (group) => {
      const waiting = [1, 2, 3].map(() => group.spawn(() => child.wait()));
      assert.equal(child.stats().waiters, 3);
      await child.stdin.end();
      for (const task of waiting) assert.equal((await task.join()).status, 5);
    });
    assert.equal((await child.wait()).status, 5);
  });

  it("runs on when a wait for it is cancelled", async () => {
    await using child = await command("cat").start();
    assert.equal(await withTimeoutOr(1, () => child.wait(), "cancelled"), "cancelled");
    assert.equal(child.exit, null);
    await child.stdin.write("still here\n");
    assert.equal(await child.stdout.readLine(), "still here");
  });

  it("is not started in a cancelled scope", async () => {
    await withCancelScope(async (scope) => {
      scope.cancel();
      await assert.rejects(command("/no/such/program").start(), Cancelled);
    });
  });

  it("is slowed down by a reader that does not read", async () => {
    await using child = await sh("head -c 4000000 /dev/zero; echo written >&2").start();
    assert.ok(await child.stdout.read(1));
    await sleep(0);
    assert.ok(child.stdout.stats().bufferedBytes < 1_000_000);
    assert.equal(await withTimeoutOr(20, () => child.stderr.readLine(), "waiting"), "waiting");
    let bytes = 1;
    for await (const chunk of child.stdout) bytes += chunk.length;
    assert.equal(bytes, 4_000_000);
    assert.equal(await child.stderr.readLine(), "written");
  });

  it("slows down a writer when it does not read", async () => {
    await using child = await command("sleep", ["60"]).start();
    const large = new Uint8Array(4_000_000);
    await withTaskGroup(async (group) => {
      const writing = group.spawn(() => child.stdin.write(large));
      assert.equal(child.stdin.stats().bytesWritten, large.length);
      assert.equal(await withTimeoutOr(20, () => writing.join(), "waiting"), "waiting");
      group.cancelTasks();
    });
  });

  it("keeps for the reader what it wrote before it ended, though nobody read then", async () => {
    await using child = await sh("echo one; echo two >&2; exit 1").start();
    await child.wait();
    await sleep(0);
    assert.equal(await child.stdout.readText(), "one\n");
    assert.equal(await child.stderr.readText(), "two\n");
  });

  it("tells the writer that it has closed its input, and that it has ended", async () => {
    await using child = await sh("exec 0<&-; echo closed; read line <&1").start();
    assert.equal(await child.stdout.readLine(), "closed");
    const write = async (): Promise<void> => {
      for (;;) await child.stdin.write("x".repeat(100_000));
    };
    await assert.rejects(write(), ConnectionReset);
  });

  it("tells the writer that it has ended", async () => {
    await using child = await command("true").start();
    await child.wait();
    const write = async (): Promise<void> => {
      for (;;) await child.stdin.write("x");
    };
    await assert.rejects(write(), ConnectionReset);
  });

  it("has streams that have ended where it has no pipes", async () => {
    await using child = await sh("cat; echo out; echo err >&2", {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    }).start();
    assert.equal(await child.stdout.readText(), "");
    assert.equal(await child.stderr.readText(), "");
    assert.equal((await child.wait()).status, 0);
    await assert.rejects(child.stdin.write("x"), StreamClosed);
  });

  it("has outputs that are only read from, and an input that is only written to", async () => {
    await using child = await command("cat").start();
    assert.throws(() => child.stdout.write("x"), InvalidArgument);
    assert.equal(await child.stdin.read(), null);
    await child.stdout.end();
    await child.stdin.write("works\n");
    assert.equal(await child.stdout.readLine(), "works");
  });

  it("gets signals, alone, and only while it lives", async () => {
    await using child = await sh(
      "trap 'echo hup' HUP; echo ready; while :; do read line || exit 0; done",
    ).start();
    assert.equal(await child.stdout.readLine(), "ready");
    assert.equal(child.signal("SIGHUP"), true);
    await child.stdin.end();
    assert.equal(await child.stdout.readLine(), "hup");
    await child.wait();
    assert.equal(child.signal("SIGHUP"), false);
    assert.throws(() => child.signal("SIGNOTHING"), InvalidArgument);
    assert.throws(() => child.signal(15 as never), InvalidArgument);
  });

  it("ends by SIGTERM when it is terminated, and may clean up", async () => {
    await using child = await sh(
      "trap 'echo bye; exit 3' TERM; echo ready; while :; do read line || sleep 60; done",
    ).start();
    assert.equal(await child.stdout.readLine(), "ready");
    assert.deepEqual(await child.terminate(), { status: 3, signal: null });
    assert.equal(await child.stdout.readText(), "bye\n");
    assert.deepEqual(await child.terminate(), { status: 3, signal: null });
  });

  it("can be told to end, and to end again, after its end", async () => {
    const child = await command("true").start();
    await child.wait();
    await child[Symbol.asyncDispose]();
    await child[Symbol.asyncDispose]();
    assert.equal(child.stats().phase, "gone");
  });
});
