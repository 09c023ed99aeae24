/**
 * The CPU time that a server takes for a request. All servers of a case are up at once; wrk visits one after the other for a second
 * each. Every lap goes through them in the order opposite to that of the lap before.
 */
import { program, type AnyContender, type Case, type Target } from "../contract.ts";
import { cpuNs } from "./proc.ts";
import { complaintOf, startPrograms, type Programs } from "./programs.ts";
import { checkAnswer, type Workload } from "./workload.ts";
import { Wrk } from "./wrk.ts";

const SLICE_SECONDS = 1;
/** So many requests make a server warm, or as many as it gets done in so many slices. */
const WARM_REQUESTS = 60_000;
const WARM_SLICES = 5;

const servers: Readonly<Record<string, AnyContender>> = {
  "node:http": program("node", "plain/http/node-http.ts"),
  tsyncio: program("node", "plain/http/tsyncio.ts"),
  "tsyncio on Bun": program("bun", "plain/http/tsyncio.ts"),
  "tsyncio on Deno": program("deno", "plain/http/tsyncio.ts"),
  "node:net, minimal": program("node", "plain/http/node-net.ts"),
  fastify: program("node", "peers/http/fastify.ts"),
  hono: program("node", "peers/http/hono.ts"),
  express: program("node", "peers/http/express.ts"),
  "Bun.serve": program("bun", "plain/http/bun-serve.ts"),
  "Deno.serve": program("deno", "plain/http/deno-serve.ts"),
  "aiohttp, uvloop": program("python", "python/http_server.py"),
  "go net/http": program("go", "go/server.go"),
  "nginx, return": program("nginx", ""),
};

/** All servers but those that are named. */
export function serversBut(...without: readonly string[]): Record<string, AnyContender> {
  return Object.fromEntries(Object.entries(servers).filter(([name]) => !without.includes(name)));
}

/** Some servers, by their names. */
export function theServers(...names: readonly string[]): Record<string, AnyContender> {
  return Object.fromEntries(Object.entries(servers).filter(([name]) => names.includes(name)));
}

interface ServerCase {
  readonly name: string;
  readonly title: string;
  readonly workload: Workload;
  readonly contenders: Readonly<Record<string, AnyContender>>;
  readonly targets: readonly Target[];
}

/** A case of the CPU time per request. */
export function serverCase({ workload, ...about }: ServerCase): Case {
  return {
    ...about,
    count: 1,
    figures: ["cpu"],
    reference: "node:http",
    checksum: () => 0,
    warmUps: 0,
    repeats: 3,
    async *laps(names, repeats) {
      await using programs = await startPrograms(about.contenders, names);
      const failures = new Map(programs.failures);
      let wrk: Wrk;
      try {
        wrk = new Wrk(workload);
      } catch (error) {
        yield new Map(names.map((name) => [name, complaintOf(error)]));
        return;
      }
      await makeReady(programs, failures, workload, wrk);
      for (let lap = 0; lap < repeats; lap++) {
        const figures = await oneLap(programs, failures, wrk, lap % 2 === 0);
        yield new Map<string, { cpu: number } | string>([...figures, ...failures]);
      }
    },
  };
}

/** Checks each server's answer and warms it up. */
async function makeReady(
  { up }: Programs,
  failures: Map<string, string>,
  workload: Workload,
  wrk: Wrk,
): Promise<void> {
  for (const [name, { port }] of up) {
    try {
      await checkAnswer(port, workload);
      let requests = 0;
      for (let slice = 0; slice < WARM_SLICES && requests < WARM_REQUESTS; slice++)
        requests += await wrk.load(port, SLICE_SECONDS);
    } catch (error) {
      failures.set(name, complaintOf(error));
    }
  }
}

/** Who fails once is left out from then on. */
async function oneLap(
  { up }: Programs,
  failures: Map<string, string>,
  wrk: Wrk,
  isForward: boolean,
): Promise<Map<string, { cpu: number }>> {
  const figures = new Map<string, { cpu: number }>();
  for (const [name, { pid, port }] of isForward ? [...up] : [...up].toReversed()) {
    if (failures.has(name)) continue;
    try {
      const before = cpuNs(pid);
      const requests = await wrk.load(port, SLICE_SECONDS);
      figures.set(name, { cpu: (cpuNs(pid) - before) / requests });
    } catch (error) {
      failures.set(name, complaintOf(error));
    }
  }
  return figures;
}
