import assert from "node:assert/strict";
import { ended, type ListenerEvents } from "../../../../src/io/net/network.ts";
import { closeAll, codeOf, CONNECT, connectedPair, endpoint, LISTEN, type Law } from "./world.ts";
import { Recorder } from "./recorder.ts";

const nobody: ListenerEvents = {
  connected: (transport) => new Recorder(transport).destroy(true),
  failed: () => {},
  lost: () => {},
};

export function listenLaws(law: Law): void {
  law("port 0 gives a free port; it is taken until the socket has closed", async (world) => {
    const socket = await ended("listen", world.server.listen(endpoint(world, 0), LISTEN, nobody));
    assert.ok("port" in socket.address && socket.address.port > 0);
    const { port } = socket.address;
    const other = await ended("listen", world.server.listen(endpoint(world, 0), LISTEN, nobody));
    assert.ok("port" in other.address && other.address.port !== port);
    await assert.rejects(
      ended("listen", world.server.listen(endpoint(world, port), LISTEN, nobody)),
      (error) => codeOf(error) === "EADDRINUSE",
    );
    await new Promise<void>((resolve) => socket.close(resolve));
    const again = await ended("listen", world.server.listen(endpoint(world, port), LISTEN, nobody));
    for (const one of [other, again]) await new Promise<void>((resolve) => one.close(resolve));
  });

  law("where nobody listens a connection is refused", async (world) => {
    const socket = await ended("listen", world.server.listen(endpoint(world, 0), LISTEN, nobody));
    assert.ok("port" in socket.address);
    const { port } = socket.address;
    await new Promise<void>((resolve) => socket.close(resolve));
    await assert.rejects(
      ended("connect", world.client.connect(endpoint(world, port), CONNECT)),
      (error) => codeOf(error) === "ECONNREFUSED",
    );
  });

  law("a path at which nothing is has nobody who listens", async (world) => {
    if (world.path === null) return;
    await assert.rejects(
      ended("connect", world.client.connect({ path: `${world.path}-absent` }, CONNECT)),
      (error) => ["ENOENT", "ECONNREFUSED"].includes(String(codeOf(error))),
    );
  });

  law("connections outlive the socket that accepted them", async (world) => {
    const pair = await connectedPair(world);
    await pair.close();
    pair.client.write("still here");
    await pair.server.until(() => pair.server.text === "still here");
    await closeAll({ ...pair, close: async () => {} });
  });

  law("a listen that is called off leaves the address free", async (world) => {
    const told: unknown[] = [];
    const first = await ended("listen", world.server.listen(endpoint(world, 0), LISTEN, nobody));
    assert.ok("port" in first.address);
    const { port } = first.address;
    await new Promise<void>((resolve) => first.close(resolve));
    const callOff = world.server.listen(
      endpoint(world, port),
      LISTEN,
      nobody,
    )(
      (socket) => told.push(socket),
      (error) => told.push(error),
    );
    callOff();
    await assert.rejects(ended("connect", world.client.connect(endpoint(world, port), CONNECT)));
    assert.deepEqual(told, []);
  });

  law("a connection that is destroyed as it is handed over is lost for the peer", async (world) => {
    const socket = await ended("listen", world.server.listen(endpoint(world, 0), LISTEN, nobody));
    assert.ok("port" in socket.address);
    const connected = Promise.withResolvers<Recorder>();
    world.client.connect(endpoint(world, socket.address.port), CONNECT)(
      (transport) => connected.resolve(new Recorder(transport)),
      (error) => connected.reject(error),
    );
    // The reset may come before the connection is told of.
    const client = await connected.promise.catch((error: unknown) => error);
    if (client instanceof Recorder) {
      await client.untilClosed();
      assert.equal(client.code, "ECONNRESET");
    } else assert.equal(codeOf(client), "ECONNRESET");
    await new Promise<void>((resolve) => socket.close(resolve));
  });

  law("names have addresses; a name under .invalid has none", async (world) => {
    const found = await ended("resolve", world.client.resolve("localhost"));
    assert.ok(found.length > 0);
    assert.ok(found.every(({ family }) => family === 4 || family === 6));
    await assert.rejects(ended("resolve", world.client.resolve("nobody.invalid")), (error) =>
      ["ENOTFOUND", "EAI_AGAIN"].includes(String(codeOf(error))),
    );
  });
}
