/**
 * What a connection occupies in a server while nothing happens on it: 10,000 of them, each of which has had one message echoed.
 * Memory after collections, against before. A round measures each server once, with the same client, a process of its own.
 */
import { atMost, server, type Case, type Lap } from "../harness/contract.ts";
import { figureOf, startServers } from "../harness/servers.ts";

const CONNECTIONS = 10_000;
/** Before the first look the server has seen so many come and go: what is made once is not counted. */
const WARM_UP = 500;
const COLLECTIONS = 5;

async function* laps(names: readonly string[], repeats: number): AsyncGenerator<Lap> {
  for (let lap = 0; lap < repeats; lap++) {
    await using servers = await startServers(benchCase.contenders, names);
    const { client, up, failures } = servers;
    const figures = new Map<string, { heap: number; rss: number }>();
    for (const [name, each] of up) {
      const port = figureOf(each.ready, "port");
      await client.ask({ port, open: WARM_UP });
      await client.ask({ port, playMs: 200 });
      await client.ask({ port });
      const before = await each.ask({ collect: COLLECTIONS });
      await client.ask({ port, open: CONNECTIONS });
      const { messages } = await client.ask({ port, playMs: 0 });
      if (messages !== CONNECTIONS) throw new Error(`${messages} echoes came`);
      const after = await each.ask({ collect: COLLECTIONS });
      await client.ask({ port });
      const grown = (what: string): number =>
        (figureOf(after, what) - figureOf(before, what)) / CONNECTIONS;
      figures.set(name, { heap: grown("heap"), rss: grown("rss") });
    }
    yield new Map<string, { heap: number; rss: number } | string>([...figures, ...failures]);
  }
}

export const benchCase: Case = {
  name: "idle-connections",
  title: "memory of an idle connection, 10,000 of them",
  count: CONNECTIONS,
  figures: ["heap", "rss"],
  reference: "node:net",
  checksum: (count) => count,
  warmUps: 0,
  repeats: 1,
  contenders: {
    "node:net": server("plain/echo-server.ts", "careful"),
    "node:net, naive": server("plain/echo-server.ts", "naive"),
    "node:net, for await": server("plain/echo-server.ts", "structured"),
    tsyncio: server("plain/echo-server.ts", "read"),
    "tsyncio, for await": server("plain/echo-server.ts", "loop"),
  },
  laps,
  targets: [atMost(1.2, "node:net", "tsyncio", "heap"), atMost(1.2, "node:net", "tsyncio", "rss")],
};
