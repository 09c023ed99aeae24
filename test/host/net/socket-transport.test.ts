import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import process from "node:process";
import {
  closed,
  connected,
  connectSettings,
  ended,
  endpointOf,
  listenSettings,
  loopback,
  network,
  started,
  type End,
  type Pair,
} from "./delivery.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Says how many deliveries came while `call` ran. */
function deliveriesIn(pair: Pair, call: () => void): number {
  let count = 0;
  const note = (): void => void count++;
  pair.client.heard.onDelivery = note;
  pair.server.heard.onDelivery = note;
  call();
  pair.client.heard.onDelivery = () => {};
  pair.server.heard.onDelivery = () => {};
  return count;
}

describe("A socket of the platform", () => {
  it("delivers what is written, in order, and says so when the kernel had no room", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    const size = 8_000_000;
    const wasTaken = client.transport.write(new Uint8Array(size).fill(7));
    assert.equal(wasTaken, false);
    assert.ok(client.transport.unsentBytes > 0);
    await client.heard.heard("drained");
    assert.equal(client.transport.unsentBytes, 0);
    await server.heard.until(() => server.heard.bytes === size);
  });

  it("says of a small write, when it is backed up, that it was drained", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    server.transport.pause();
    let written = 0;
    while (client.transport.write(new Uint8Array(10_000))) written += 10_000;
    written += 10_000;
    assert.deepEqual(client.heard.deliveries, []);
    server.transport.resume();
    await client.heard.heard("drained");
    await server.heard.until(() => server.heard.bytes === written);
  });

  it("gives the array back when a write said true", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    const array = new Uint8Array(1_000).fill(1);
    while (!client.transport.write(array)) await client.heard.heard("drained");
    array.fill(2);
    await server.heard.until(() => server.heard.bytes === 1_000);
    assert.ok(server.heard.last!.every((byte) => byte === 1));
  });

  it("delivers arrays of the plain kind", async () => {
    await using pair = await connected();
    pair.client.transport.write(new Uint8Array(3));
    await pair.server.heard.heard("arrived");
    assert.equal(Object.getPrototypeOf(pair.server.heard.last), Uint8Array.prototype);
  });

  it("closes in halves: the other direction goes on after an end", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    client.transport.end();
    await server.heard.heard("ended");
    server.transport.write(new Uint8Array(10));
    await client.heard.heard("arrived");
    server.transport.end();
    await client.heard.heard("closed");
    await server.heard.heard("closed");
    assert.deepEqual(client.heard.kinds, ["arrived", "ended", "closed"]);
    assert.deepEqual(server.heard.kinds, ["ended", "closed"]);
  });

  it("says drained when an end was sent behind bytes that had not been", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    const size = 8_000_000;
    assert.equal(client.transport.write(new Uint8Array(size)), false);
    client.transport.end();
    await client.heard.heard("drained");
    await server.heard.heard("ended");
    assert.equal(server.heard.bytes, size);
  });

  it("delivers nothing from within a call", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    assert.equal(
      deliveriesIn(pair, () => server.transport.pause()),
      0,
    );
    assert.equal(
      deliveriesIn(pair, () => client.transport.write(new Uint8Array(1_000))),
      0,
    );
    await turn();
    await turn();
    assert.equal(
      deliveriesIn(pair, () => server.transport.resume()),
      0,
    );
    await server.heard.heard("arrived");
    assert.equal(
      deliveriesIn(pair, () => client.transport.end()),
      0,
    );
    await server.heard.heard("ended");
    assert.equal(
      deliveriesIn(pair, () => server.transport.destroy(false)),
      0,
    );
    assert.equal(
      deliveriesIn(pair, () => client.transport.destroy(true)),
      0,
    );
  });

  it("delivers nothing while it is paused, also not the end", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    server.transport.pause();
    client.transport.write(new Uint8Array(100));
    client.transport.end();
    // The peer sees that the bytes have gone out; how long they are on their way is not to be seen: so pauses are short.
    for (let i = 0; i < 20; i++) await turn();
    assert.deepEqual(server.heard.deliveries, []);
    server.transport.resume();
    await server.heard.heard("ended");
    assert.equal(server.heard.bytes, 100);
  });

  it("tells a reset from an end", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    client.transport.destroy(true);
    await server.heard.heard("closed");
    assert.deepEqual(server.heard.kinds, ["closed ECONNRESET"]);
    assert.deepEqual((await client.heard.heard("closed"), client.heard.kinds), ["closed"]);
  });

  it("is closed with an error when the peer resets it in the middle of a write", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    server.transport.pause();
    while (client.transport.write(new Uint8Array(1_000_000)));
    server.transport.destroy(true);
    await client.heard.heard("closed");
    assert.match(client.heard.deliveries.at(-1)!, /^closed (?:ECONNRESET|EPIPE)$/);
  });

  for (const pauses of [false, true])
    it(`hands out what came before a reset behind a write that failed${pauses ? ", until it is paused" : ""}`, async () => {
      await using pair = await connected();
      const { client, server } = pair;
      server.transport.pause();
      if (!client.transport.write(new Uint8Array(300_000))) await client.heard.heard("drained");
      if (!server.transport.write(new Uint8Array(6))) await server.heard.heard("drained");
      // What is unread, for a stream that is paused reads no such lot ahead, makes a reset of it.
      server.transport.destroy(false);
      if (client.transport.write(new Uint8Array(1_000))) client.transport.write(new Uint8Array(1_000));
      if (pauses) client.heard.onDelivery = () => client.transport.pause();
      await client.heard.heard("closed");
      assert.equal(client.heard.bytes, 6);
      const [first, ...rest] = client.heard.kinds.filter((kind) => kind !== "drained");
      assert.equal(first, "arrived");
      assert.match(rest.join(), /^closed (?:ECONNRESET|EPIPE)$/);
    });

  it("does not say that it took what it could not write", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    server.transport.destroy(true);
    // A kernel that hears of the reset later takes the first one.
    const taken = [1, 2, 3].map(() => client.transport.write(new Uint8Array(1_000)));
    assert.deepEqual(taken.slice(1), [false, false]);
    await client.heard.heard("closed");
  });

  it("says that it is closed once, and last, also when it is destroyed twice", async () => {
    await using pair = await connected();
    const { client, server } = pair;
    client.transport.write(new Uint8Array(10));
    client.transport.destroy(false);
    client.transport.destroy(true);
    await client.heard.heard("closed");
    await server.heard.heard("ended");
    server.transport.destroy(false);
    await server.heard.heard("closed");
    await turn();
    for (const { heard } of [client, server]) {
      assert.equal(heard.deliveries.filter((each) => each.startsWith("closed")).length, 1);
      assert.ok(heard.deliveries.at(-1)!.startsWith("closed"));
    }
  });

  it("knows both ends, also of an IPv4 peer at an IPv6 socket", async () => {
    await using pair = await connected({ address: "::", family: 6, port: 0 });
    const { client, server, listener } = pair;
    assert.ok("port" in client.transport.local && "port" in server.transport.remote);
    assert.equal(server.transport.remote.port, client.transport.local.port);
    assert.ok("port" in listener.address);
    const byIpv4 = await ended(
      network.connect({ address: "127.0.0.1", family: 4, port: listener.address.port }, connectSettings),
    );
    const { transport, heard } = started(byIpv4);
    assert.deepEqual(transport.remote, { host: "127.0.0.1", port: listener.address.port });
    transport.destroy(false);
    await heard.heard("closed");
  });

  it("works by a Unix socket", { skip: process.platform === "win32" }, async () => {
    const path = join(tmpdir(), `tsyncio-transport-${process.pid}.sock`);
    rmSync(path, { force: true });
    await using pair = await connected({ path });
    const { client, server } = pair;
    assert.deepEqual(client.transport.remote, { path });
    client.transport.write(new Uint8Array(5));
    client.transport.end();
    await server.heard.heard("ended");
    assert.equal(server.heard.bytes, 5);
  });

  it("calls its sink in the root context, whoever called it", async () => {
    const ambient = new AsyncLocalStorage<string>();
    const seen = new Set<string | undefined>();
    await ambient.run("caller", async () => {
      await using pair = await connected();
      const { client, server } = pair;
      for (const { heard } of [client, server]) heard.onDelivery = () => seen.add(ambient.getStore());
      server.transport.pause();
      client.transport.write(new Uint8Array(8_000_000));
      await turn();
      server.transport.resume();
      await client.heard.heard("drained");
      client.transport.end();
      await server.heard.heard("ended");
      server.transport.end();
      await client.heard.heard("closed");
      await server.heard.heard("closed");
    });
    assert.deepEqual([...seen], [undefined]);
  });

  for (const size of [0, 5])
    it(`keeps what comes before it is started, ${size} bytes and the end`, async () => {
      const sent = Promise.withResolvers<End>();
      const listener = await ended(
        network.listen(loopback, listenSettings, {
          connected: (transport) => {
            const end = started(transport);
            if (size > 0) transport.write(new Uint8Array(size));
            transport.end();
            sent.resolve(end);
          },
          failed: sent.reject,
          lost: sent.reject,
        }),
      );
      const transport = await ended(network.connect(endpointOf(listener), connectSettings));
      const server = await sent.promise;
      for (let i = 0; i < 20; i++) await turn();
      const { heard } = started(transport);
      await heard.heard("ended");
      transport.end();
      await heard.heard("closed");
      assert.equal(heard.bytes, size);
      assert.deepEqual(heard.kinds, [...(size > 0 ? ["arrived"] : []), "ended", "closed"]);
      await server.heard.heard("closed");
      await closed(listener);
    });
});
