/**
 * Twice as many requests as a server can answer, from clients that wait 250 ms: how many are answered in time. The handler computes,
 * waits 2 ms and computes again. Capacity is what 16 clients get done who send the next request when the last is answered.
 */
import { program, type Case, type Lap } from "../harness/contract.ts";
import type { Program } from "../harness/http/machine.ts";
import { untilIdle } from "../harness/http/proc.ts";
import { complaintOf, startProgram, startPrograms } from "../harness/http/programs.ts";
import { theServers } from "../harness/http/server-case.ts";

const LOOPS = 16;
const CAPACITY_MS = 1_000;
const RUSH_MS = 2_000;

interface Figures {
  readonly capacity: number;
  readonly goodput: number;
  readonly share: number;
}

async function measure({ pid, port }: Program, crowd: Program): Promise<Figures> {
  const calm = await crowd.talk?.ask({ port, loops: LOOPS, forMs: CAPACITY_MS });
  const capacity = calm?.["goodRate"] ?? 0;
  if (capacity === 0) throw new Error("it answers nothing in time");
  const rush = await crowd.talk?.ask({ port, rate: capacity * 2, forMs: RUSH_MS });
  await untilIdle(pid);
  const goodput = rush?.["goodRate"] ?? 0;
  return { capacity, goodput, share: (goodput / capacity) * 100 };
}

async function* laps(names: readonly string[], repeats: number): AsyncGenerator<Lap> {
  const crowd = await startProgram(program("node", "plain/http/crowd.ts"), "other");
  try {
    await using programs = await startPrograms(benchCase.contenders, names);
    const failures = new Map(programs.failures);
    for (let lap = -1; lap < repeats; lap++) {
      const figures = new Map<string, Figures>();
      for (const [name, server] of lap % 2 === 0 ? [...programs.up] : [...programs.up].toReversed()) {
        if (failures.has(name)) continue;
        try {
          figures.set(name, await measure(server, crowd));
        } catch (error) {
          failures.set(name, complaintOf(error));
        }
      }
      if (lap >= 0) yield new Map<string, Figures | string>([...figures, ...failures]);
    }
  } finally {
    await crowd.stop();
  }
}

export const benchCase: Case = {
  name: "http-overload",
  title: "server: twice the load that it can serve, for 2 s",
  count: 1,
  figures: ["share", "goodput", "capacity"],
  reference: "node:http",
  checksum: (count) => count,
  warmUps: 1,
  repeats: 2,
  contenders: {
    ...theServers("node:http", "fastify", "go net/http"),
    tsyncio: program("node", "plain/http/tsyncio.ts", "admission"),
    "tsyncio, no admission control": program("node", "plain/http/tsyncio.ts"),
  },
  laps,
  targets: [{ contender: "tsyncio", figure: "share", against: null, bound: "at least", limit: 90 }],
};
