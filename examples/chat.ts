/**
 * A chat over lines of text: a server in which each connection is a task, and three clients that talk and leave.
 *
 * What to see: a client that is slow, or gone, holds up nobody; the server ends when its block is left, with all that belongs to it.
 */
import { Broadcast, run, withTaskGroup } from "tsyncio";
import { connect, listen, type ByteStream } from "tsyncio/io";

const said = new Broadcast<string>({ capacity: 100 });

async function serve(stream: ByteStream): Promise<void> {
  const name = await stream.readLine();
  if (name === null) return;
  using heard = said.subscribe();
  await withTaskGroup(async (group) => {
    group.spawnService("what the others say", async () => {
      for await (const line of heard) await stream.write(`${line}\n`);
    });
    await said.put(`* ${name} is here`);
    for await (const line of stream.lines({ maxBytes: 1_000 })) await said.put(`${name}: ${line}`);
  });
  await said.put(`* ${name} has left`);
}

async function client(port: number, name: string, lines: readonly string[]): Promise<void> {
  await using stream = await connect({ host: "127.0.0.1", port });
  await stream.write(`${name}\n`);
  for (const line of lines) {
    await stream.write(`${line}\n`);
    // Its own words come back when all have been told.
    while ((await stream.readLine()) !== `${name}: ${line}`);
  }
  // Leaves, and waits until the server has said so.
  await stream.end();
  await stream.readAll();
}

await run(async () => {
  await using server = await listen({ host: "127.0.0.1", port: 0 }, serve);
  using transcript = said.subscribe();
  await withTaskGroup((group) => {
    group.spawnService("transcript", async () => {
      for await (const line of transcript) console.log(line);
    });
    group.spawn(async () => {
      await client(server.port, "Ada", ["hello", "is anybody here?"]);
      await client(server.port, "Grace", ["I am"]);
    });
  });
});
