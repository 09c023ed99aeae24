/** Many short children, some of them unruly, each cancelled at a random moment or not at all. Then the system is asked what is left. */
import assert from "node:assert/strict";
import { Cancelled, forEach, sleep, withCancelScope, withTaskGroup } from "../../../src/index.ts";
import { command, CommandFailed, OutputTooLong } from "../../../src/io.ts";
import { platformProcesses } from "../../../src/host/process/platform-processes.ts";
import { withProcessPlatform, type ProcessPlatform } from "../../../src/io/process/platform.ts";
import { membersOf, openDescriptors, zombies } from "./proc.ts";

export interface Torture {
  readonly children: number;
  readonly atOnce: number;
  readonly seed: number;
}

/** Numbers from 0 to below 1, the same for the same seed (a linear congruential generator). */
function chance(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return Number(state >> 33n) / 2 ** 31;
  };
}

const sh = (script: string) => command("sh", ["-c", script], { graceMs: 20 });

const kinds: ReadonlyArray<() => Promise<unknown>> = [
  () => command("true").run(),
  () => command("cat", [], { input: "hello" }).text(),
  () => command("sleep", ["0.01"]).run(),
  () => command("sleep", ["60"]).run(),
  () => sh("exit 3").runSettled(),
  () => sh("sleep 60 & sleep 0.005").run(),
  () => sh("trap '' TERM; sleep 60").run(),
  () => sh("kill -STOP $$").run(),
  () => command("yes", [], { maxOutputBytes: 100_000 }).run(),
  () =>
    command("yes")
      .pipe(command("head", ["-n", "1"]))
      .text(),
  () => command("/no/such/program").run(),
  async () => {
    for await (const line of sh("echo $$; exec sleep 60").lines()) {
      assert.ok(Number(line) > 0);
      break;
    }
  },
  async () => {
    await using child = await sh("echo ready; exec sleep 60").start();
    await child.stdout.readLine();
    child.signal("SIGINT");
    await child.wait();
  },
  async () => {
    await using child = await command("cat").start();
    await child.stdin.write("x".repeat(10_000));
    await child.terminate();
  },
];

/** @throws when a process, a zombie or a descriptor is left. */
export async function torture({ children, atOnce, seed }: Torture): Promise<void> {
  const draw = chance(seed);
  await command("true").run();
  await sleep(0);
  const before = openDescriptors();
  const pids = new Set<number>();
  const plans = Array.from({ length: children }, () => ({
    work: kinds[Math.floor(draw() * kinds.length)] ?? assert.fail(),
    turns: Math.floor(draw() * 4),
    afterMs: draw() < 0.3 ? 0 : draw() * 40,
  }));
  await withProcessPlatform(recording(pids), () => forEach(plans, attempt, { concurrency: atOnce }));
  for (let look = 0; look < 100 && openDescriptors() > before; look++) await sleep(5);
  assert.ok(openDescriptors() <= before, `${before} descriptors before, ${openDescriptors()} after`);
  assert.deepEqual(zombies(), [], "every child was reaped");
  assert.ok(pids.size > children / 2, `only ${pids.size} processes`);
  assert.deepEqual(membersOf(pids), [], "nobody is left in a group");
}

/** The platform, which notes whom it starts. */
function recording(pids: Set<number>): ProcessPlatform {
  return {
    ...platformProcesses,
    spawn(plan, events) {
      const started = platformProcesses.spawn(plan, events);
      if (started !== null) pids.add(started.pid);
      return started;
    },
  };
}

interface Plan {
  readonly work: () => Promise<unknown>;
  readonly turns: number;
  readonly afterMs: number;
}

async function attempt({ work, turns, afterMs }: Plan): Promise<void> {
  await withCancelScope((scope) =>
    withTaskGroup(async (group) => {
      const cancel = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        if (afterMs > 0) await sleep(afterMs);
        scope.cancel("torture");
      };
      group.spawnService(cancel);
      try {
        await work();
      } catch (error) {
        if (error instanceof Cancelled) throw error;
        const isExpected = error instanceof CommandFailed || error instanceof OutputTooLong;
        assert.ok(
          isExpected || (error as { code?: string }).code === "TSY_COMMAND_NOT_FOUND",
          String(error),
        );
      }
    }),
  );
}
