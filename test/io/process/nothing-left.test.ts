/** Whatever becomes of a command, no process, no zombie and no descriptor is left of it. Read from /proc. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import {
  all,
  currentRuntime,
  race,
  sleep,
  withCancelScope,
  withTaskGroup,
  withTimeoutOr,
} from "../../../src/index.ts";
import { command, type ChildProcess } from "../../../src/io.ts";
import { isAlive, hasProc, membersOf, openDescriptors, zombies } from "./proc.ts";
import { torture } from "./torture.ts";

const sh = (script: string, options = {}) => command("sh", ["-c", script], options);
const isDeno = "Deno" in globalThis;

/** Starts a command, waits until it says "ready", and cancels the scope in which it is held. Gives the pid, and what else it said. */
async function cancelled(script: string, options = {}): Promise<{ pid: number; said: string }> {
  let pid = 0;
  let said = "";
  await withCancelScope(async (scope) => {
    await using child = await sh(script, options).start();
    pid = child.pid;
    said = (await child.stdout.readLine()) ?? "";
    assert.match(said, /^ready/);
    scope.cancel();
    await child.wait();
  });
  return { pid, said };
}

function assertNothingLeft(pid: number): void {
  assert.deepEqual(membersOf(new Set([pid])), [], "nobody is left in the group");
  assert.ok(!zombies().includes(pid), "it was reaped");
}

describe("When a command is cancelled, nothing is left", { skip: !hasProc }, () => {
  it("of a child", async () => {
    assertNothingLeft((await cancelled("echo ready; exec sleep 60")).pid);
  });

  it("of its children, and theirs", async () => {
    assertNothingLeft((await cancelled("(sleep 60 & sleep 60) & echo ready; sleep 60")).pid);
  });

  it("of one that takes no notice of SIGTERM", async () => {
    const script = "trap '' TERM; echo ready; while :; do sleep 60; done";
    assertNothingLeft((await cancelled(script, { graceMs: 30 })).pid);
  });

  it("of children that take no notice, of a parent that does", async () => {
    const script = "(trap '' TERM; echo ready; while :; do sleep 60; done) & exec sleep 60";
    assertNothingLeft((await cancelled(script, { graceMs: 30 })).pid);
  });

  it("of one that is stopped; it wakes up, and may clean up", async () => {
    assertNothingLeft((await cancelled("echo ready; kill -STOP $$; sleep 60")).pid);
  });

  it("of one that is stopped and takes no notice", async () => {
    const script = "trap '' TERM CONT; echo ready; while :; do kill -STOP $$; done";
    assertNothingLeft((await cancelled(script, { graceMs: 30 })).pid);
  });

  it("of one that cleans up with more output than a pipe holds, which nobody reads", async () => {
    const script =
      "trap 'head -c 1000000 /dev/zero; exit 0' TERM; echo ready; while :; do sleep 0.01; done";
    const began = currentRuntime().now();
    assertNothingLeft((await cancelled(script, { graceMs: 60_000 })).pid);
    assert.ok(currentRuntime().now() - began < 30_000, "it did not wait for a reader");
  });

  it("of a writer that waits for a reader", async () => {
    assertNothingLeft((await cancelled("echo ready; exec yes")).pid);
  });

  it("when a sibling fails, a race is lost, a time limit passes, a loop is left", async () => {
    const pids: number[] = [];
    const say = "echo $$; exec sleep 60";
    const failure = new Error("sibling");
    const started = async (child: ChildProcess): Promise<void> => {
      pids.push(child.pid);
      await child.wait();
    };
    const run = async (): Promise<void> => {
      await using child = await sh(say).start();
      await started(child);
    };
    await assert.rejects(
      all([
        run,
        async () => {
          await sleep(0);
          throw failure;
        },
      ]),
      failure,
    );
    await race([run, () => sleep(5)]);
    await withTimeoutOr(5, run, undefined);
    for await (const line of sh(say).lines()) {
      pids.push(Number(line));
      break;
    }
    // A limit may pass before the start, on a busy machine: then there is nothing to end.
    assert.ok(pids.length >= 2, pids.join(" "));
    for (const pid of pids) assertNothingLeft(pid);
  });

  it("when it is cancelled at each moment of its start", async () => {
    for (let turns = 0; turns < 6; turns++) {
      let child: ChildProcess | null = null;
      await withCancelScope(async (scope) => {
        const starting = command("sleep", ["60"]).start();
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        scope.cancel();
        await using held = await starting;
        child = held;
        await held.wait();
      });
      assertNothingLeft(
        (child as ChildProcess | null)?.pid ?? assert.fail("a start that was made has its value"),
      );
    }
  });
});

describe("When a command has ended by itself, nothing is left", { skip: !hasProc }, () => {
  it("of its children: they are ended with it", async () => {
    const [pid, child] = (await sh("sleep 60 >/dev/null & echo $$ $!").text())
      .trim()
      .split(" ")
      .map(Number);
    assertNothingLeft(pid ?? 0);
    assert.ok(!isAlive(child ?? 0));
  });

  it("of children that hold its outputs open: it is not waited for them", async () => {
    const pid = Number(await sh("sleep 60 & echo $$").text());
    assertNothingLeft(pid);
  });

  it("of children that take no notice, and hold its outputs open", async () => {
    const script = "(trap '' TERM; echo ready >&2; while :; do sleep 60; done) & read line; echo $$";
    const child = await sh(script, { graceMs: 30 }).start();
    try {
      assert.equal(await child.stderr.readLine(), "ready");
      await child.stdin.write("go\n");
      assertNothingAfter(Number(await child.stdout.readLine()), child);
      await child.terminate();
    } finally {
      await child[Symbol.asyncDispose]();
    }
    assertNothingLeft(child.pid);
  });

  it("that we wait for: a daemon that has left the group lives on, and its hold on the output is cut", async () => {
    const daemon = "echo $$; kill -USR1 $PARENT; exec sleep 60";
    const script = `export PARENT=$$; trap 'exit 0' USR1; setsid sh -c '${daemon}' & while :; do sleep 0.01; done`;
    const pid = Number(await sh(script).text());
    const left = membersOf(new Set([pid]));
    try {
      assert.equal(left.length, 1);
    } finally {
      for (const member of left) process.kill(member, "SIGKILL");
    }
  });

  function assertNothingAfter(pid: number, child: ChildProcess): void {
    assert.equal(pid, child.pid);
  }
});

describe("No descriptor is left open", { skip: !hasProc }, () => {
  const stays = (name: string, work: () => Promise<unknown>): void => {
    it(name, async () => {
      await work();
      await sleep(0);
      const before = openDescriptors();
      for (let round = 0; round < 5; round++) await work();
      await withTaskGroup(async () => {
        for (let look = 0; look < 50 && openDescriptors() > before; look++) await sleep(2);
      });
      assert.ok(openDescriptors() <= before, `${before} before, ${openDescriptors()} after`);
    });
  };

  stays("by commands that end", () => command("cat", [], { input: "hello" }).run());
  stays("by commands that fail", () => sh("exit 1").runSettled());
  stays("by commands that are missing", () =>
    command("/no/such/program")
      .run()
      .catch(() => {}),
  );
  stays("by arguments that are too long", () =>
    command("true", ["x".repeat(4_000_000)])
      .run()
      .catch(() => {}),
  );
  stays("by commands that are cancelled", () => cancelled("echo ready; exec sleep 60"));
  stays("by children whose streams nobody touched", async () => {
    await using child = await command("true").start();
    await child.wait();
  });
});

const runtimeArgs = isDeno ? ["run", "-A", "--no-check", "--no-lock"] : [];

describe("When no descriptor is left to start a command with", { skip: !hasProc }, () => {
  it("it fails with EMFILE, loses none, and works again when there are some", async () => {
    const program = [process.execPath, ...runtimeArgs, join(import.meta.dirname, "crowded.ts")];
    const script = 'ulimit -n 120; exec "$@"';
    const said = await command("sh", ["-c", script, "sh", ...program]).text();
    assert.match(said, /^(EMFILE ){5}.*none left$/);
  });
});

/** Runs one of the programs beside this file, and gives the pids that it printed. */
async function pidsOf(name: string): Promise<number[]> {
  const args = [...runtimeArgs, join(import.meta.dirname, "exiting.ts"), name];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  for await (const text of child.stdout.setEncoding("utf8")) output += String(text);
  return output.trim().split("\n").map(Number);
}

describe(
  "When our own process exits, its children are killed",
  { skip: !hasProc, concurrency: 3 },
  () => {
    for (const [how, name] of [
      ["by process.exit", "exit"],
      ["by an error that nobody caught", "throw"],
      ["by SIGTERM, inside run", "signal"],
      ["by the end of a run that has forgotten them", "forget"],
    ] as const) {
      it(how, async () => {
        const pids = await pidsOf(name);
        assert.equal(pids.length, 2, pids.join(" "));
        for (let look = 0; look < 500 && pids.some(isAlive); look++) await sleep(2);
        for (const pid of pids) assert.ok(!isAlive(pid), `${pid} of ${pids.join(" ")}`);
      });
    }
  },
);

describe("Fifty children with random cancellation", { skip: !hasProc }, () => {
  const before = process.listenerCount("exit");
  it("leave no process, no zombie and no descriptor", async () => {
    await torture({ children: 50, atOnce: 16, seed: 7 });
  });
  after(() => assert.equal(process.listenerCount("exit"), before));
});
