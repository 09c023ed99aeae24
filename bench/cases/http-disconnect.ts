/**
 * From the moment at which a client closes its connection until the handler that serves it has ended, with the three children that it
 * waits for. The others' handlers do by hand, with the signal that their server gives, what tsyncio does of itself.
 */
import { program, type Case, type Lap } from "../harness/contract.ts";
import { complaintOf, startProgram, startPrograms } from "../harness/http/programs.ts";
import { theServers } from "../harness/http/server-case.ts";

const VISITS = 600;
const CONCURRENCY = 24;

async function* laps(names: readonly string[], repeats: number): AsyncGenerator<Lap> {
  const leaver = await startProgram(program("node", "plain/http/leaver.ts"), "other");
  try {
    await using programs = await startPrograms(benchCase.contenders, names);
    const failures = new Map(programs.failures);
    for (let lap = -1; lap < repeats; lap++) {
      const figures = new Map<string, { p50: number; p99: number }>();
      for (const [name, { port }] of lap % 2 === 0 ? [...programs.up] : [...programs.up].toReversed()) {
        if (failures.has(name)) continue;
        try {
          const question = { port, visits: VISITS, concurrency: CONCURRENCY };
          const { p50 = Number.NaN, p99 = Number.NaN } = (await leaver.talk?.ask(question)) ?? {};
          figures.set(name, { p50, p99 });
        } catch (error) {
          failures.set(name, complaintOf(error));
        }
      }
      if (lap >= 0)
        yield new Map<string, { p50: number; p99: number } | string>([...figures, ...failures]);
    }
  } finally {
    await leaver.stop();
  }
}

export const benchCase: Case = {
  name: "http-disconnect",
  title: "server: the client goes, until the handler's children have ended",
  count: VISITS,
  figures: ["p50", "p99"],
  reference: "node:http",
  checksum: (count) => count,
  warmUps: 1,
  repeats: 3,
  contenders: theServers(
    "node:http",
    "tsyncio",
    "tsyncio on Bun",
    "tsyncio on Deno",
    "fastify",
    "hono",
    "Bun.serve",
    "Deno.serve",
    "aiohttp, uvloop",
    "go net/http",
  ),
  laps,
  targets: [{ contender: "tsyncio", figure: "p99", against: null, bound: "at most", limit: 10 }],
};
