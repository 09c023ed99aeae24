/**
 * What a keep-alive connection occupies in a server while nothing happens on it: 5,000 of them, each of which has had one request
 * served. Memory in RAM after collections, against before; the second half shows what each more takes, when the heap has grown.
 */
import { atMost, program, type Case, type Lap } from "../harness/contract.ts";
import { rssBytes } from "../harness/http/proc.ts";
import type { Program } from "../harness/http/machine.ts";
import { complaintOf, startProgram } from "../harness/http/programs.ts";
import { serversBut } from "../harness/http/server-case.ts";

const CONNECTIONS = 5_000;
/** Before the first look the server has seen so many come and go: what is made once is not counted. */
const WARM_UP = 250;
const COLLECTIONS = 5;

async function occupied({ pid, talk }: Program): Promise<number> {
  await talk?.ask({ collect: COLLECTIONS });
  return rssBytes(pid);
}

async function measure(server: Program, client: Program): Promise<{ rss: number; rssLater: number }> {
  const { port } = server;
  await client.talk?.ask({ port, open: WARM_UP });
  await client.talk?.ask({ port });
  const before = await occupied(server);
  await client.talk?.ask({ port, open: CONNECTIONS / 2 });
  const halfway = await occupied(server);
  await client.talk?.ask({ port, open: CONNECTIONS / 2 });
  const after = await occupied(server);
  await client.talk?.ask({ port });
  return {
    rss: (after - before) / CONNECTIONS,
    rssLater: (after - halfway) / (CONNECTIONS / 2),
  };
}

async function* laps(names: readonly string[], repeats: number): AsyncGenerator<Lap> {
  for (let lap = 0; lap < repeats; lap++) {
    const figures = new Map<string, { rss: number; rssLater: number } | string>();
    for (const name of names) {
      const contender = benchCase.contenders[name];
      if (typeof contender !== "object" || contender.kind !== "program") continue;
      const started: Program[] = [];
      try {
        const server = await startProgram(contender, "measured");
        started.push(server);
        const client = await startProgram(program("node", "plain/http/visitors.ts"), "other");
        started.push(client);
        figures.set(name, await measure(server, client));
      } catch (error) {
        figures.set(name, complaintOf(error));
      } finally {
        for (const each of started) await each.stop();
      }
    }
    yield figures;
  }
}

export const benchCase: Case = {
  name: "http-idle",
  title: "server: an idle keep-alive connection, 5,000 of them",
  count: CONNECTIONS,
  figures: ["rss", "rssLater"],
  reference: "node:http",
  checksum: (count) => count,
  warmUps: 0,
  repeats: 1,
  contenders: serversBut(),
  laps,
  targets: [
    { contender: "tsyncio", figure: "rss", against: null, bound: "at most", limit: 6 * 1_024 },
    atMost(0.33, "node:http", "tsyncio", "rss"),
  ],
};
