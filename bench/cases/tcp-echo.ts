/**
 * An echo server's CPU time, the kernel's part included, for a message of 1 KiB: 64 connections play ping-pong on loopback.
 *
 * All servers are up at the same time, and the one client, a process of its own, plays with each for a moment in turns: whatever
 * slows the machine for a while slows all. A round here is one such lap.
 */
import { atMost, server, type Case, type Lap } from "../harness/contract.ts";
import { figureOf, startServers } from "../harness/servers.ts";

const CONNECTIONS = 64;
const SLICE_MS = 300;

async function* laps(names: readonly string[], repeats: number): AsyncGenerator<Lap> {
  await using servers = await startServers(benchCase.contenders, names);
  const { client, up, failures } = servers;
  const figures = new Map<string, { cpu: number }>();
  for (const { ready } of up.values())
    await client.ask({ port: figureOf(ready, "port"), open: CONNECTIONS });
  for (let lap = -benchCase.warmUps; lap < repeats; lap++) {
    const order = [...up].map((_, place, all) => all[(place + lap + all.length * 8) % all.length]);
    for (const entry of order) {
      if (entry === undefined) continue;
      const [name, each] = entry;
      const before = await each.ask({});
      const port = figureOf(each.ready, "port");
      const { messages = 0 } = await client.ask({ port, playMs: SLICE_MS });
      const after = await each.ask({});
      figures.set(name, { cpu: (figureOf(after, "cpuNs") - figureOf(before, "cpuNs")) / messages });
    }
    if (lap >= 0) yield new Map<string, { cpu: number } | string>([...figures, ...failures]);
  }
}

export const benchCase: Case = {
  name: "tcp-echo",
  title: "TCP echo of 1 KiB, 64 connections",
  count: 1,
  figures: ["cpu"],
  reference: "node:net",
  checksum: () => 0,
  warmUps: 4,
  repeats: 16,
  contenders: {
    "node:net": server("plain/echo-server.ts", "careful"),
    "node:net, naive": server("plain/echo-server.ts", "naive"),
    "node:net, for await": server("plain/echo-server.ts", "structured"),
    tsyncio: server("plain/echo-server.ts", "read"),
    "tsyncio, for await": server("plain/echo-server.ts", "loop"),
    asyncio: server("python/echo_server.py", "asyncio"),
    uvloop: server("python/echo_server.py", "uvloop"),
  },
  laps,
  targets: [atMost(1.15, "node:net", "tsyncio", "cpu"), atMost(0.5, "uvloop", "tsyncio", "cpu")],
};
