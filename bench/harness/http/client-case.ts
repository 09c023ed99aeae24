/** Clients in front of the same server, which runs on the other core: Go's, or `node:http` where there is no Go. */
import { program, type AnyContender, type Figure, type Lap } from "../contract.ts";
import { isInstalled, type Program } from "./machine.ts";
import { complaintOf, startProgram, startPrograms } from "./programs.ts";

export const clients: Readonly<Record<string, AnyContender>> = {
  "undici.request": program("node", "peers/http/undici-client.ts"),
  tsyncio: program("node", "plain/http/tsyncio-client.ts"),
  "tsyncio on Bun": program("bun", "plain/http/tsyncio-client.ts"),
  "tsyncio on Deno": program("deno", "plain/http/tsyncio-client.ts"),
  "global fetch": program("node", "plain/http/fetch-client.ts"),
  "node:http": program("node", "plain/http/node-http-client.ts"),
  "node:net, minimal": program("node", "plain/http/bare-client.ts"),
  "Bun fetch": program("bun", "plain/http/fetch-client.ts"),
  "Deno fetch": program("deno", "plain/http/fetch-client.ts"),
  "aiohttp, uvloop": program("python", "python/http_client.py"),
};

type Figures = Partial<Record<Figure, number>>;

/** Measures one client once, which visits the server at `port`. */
export type Visit = (client: Program, port: number) => Promise<Figures>;

/** All clients are up at once and take turns; every lap has the order opposite to that of the lap before. */
export async function* clientLaps(
  names: readonly string[],
  warmUps: number,
  repeats: number,
  visit: Visit,
): AsyncGenerator<Lap> {
  const server = await startProgram(
    isInstalled("go", "version")
      ? program("go", "go/server.go")
      : program("node", "plain/http/node-http.ts"),
    "other",
  );
  try {
    await using programs = await startPrograms(clients, names);
    const failures = new Map(programs.failures);
    for (let lap = -warmUps; lap < repeats; lap++) {
      const figures = new Map<string, Figures>();
      for (const [name, client] of lap % 2 === 0 ? [...programs.up] : [...programs.up].toReversed()) {
        if (failures.has(name)) continue;
        try {
          figures.set(name, await visit(client, server.port));
        } catch (error) {
          failures.set(name, complaintOf(error));
        }
      }
      if (lap >= 0) yield new Map<string, Figures | string>([...figures, ...failures]);
    }
  } finally {
    await server.stop();
  }
}
