import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withCancelScope, withTaskGroup, withTimeout } from "../../../src/index.ts";
import {
  AddressInUse,
  bindUdp,
  ConnectionRefused,
  ListenFailed,
  SendFailed,
  StreamClosed,
  UnknownHost,
  withNetwork,
  type Datagram,
  type UdpOptions,
  type UdpSocket,
} from "../../../src/io.ts";
import type { DatagramEvents, IpEndpoint } from "../../../src/io.ts";
import { virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";
import { ScriptedNetwork } from "./scripted-network.ts";

const at = { host: "127.0.0.1", port: 0 };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (datagram: Datagram): string => new TextDecoder().decode(datagram.bytes);

/** A socket in a scripted network, and the events by which the network delivers to it. */
async function scripted(options: UdpOptions = {}): Promise<{
  readonly socket: UdpSocket;
  readonly events: DatagramEvents;
  readonly network: ScriptedNetwork;
}> {
  const network = new ScriptedNetwork({});
  const socket = await withNetwork(network, () => bindUdp({ host: "10.0.0.1", port: 0 }, options));
  return { socket, events: socket.events, network };
}

const ofClosing = (error: unknown): void =>
  assert.ok(error instanceof SendFailed || error instanceof StreamClosed);

const from = (port: number): IpEndpoint => ({ address: "10.0.0.2", family: 4, port });

describe("A UDP socket", () => {
  it("sends and receives, and says from whom", async () => {
    await using left = await bindUdp(at);
    await using right = await bindUdp(at);
    await left.send(bytes("hello"), right.address);
    const datagram = await right.receive();
    assert.equal(text(datagram), "hello");
    assert.deepEqual(datagram.from, left.address);
    assert.equal(Object.getPrototypeOf(datagram.bytes), Uint8Array.prototype);
  });

  it("fails a send that was under way when the socket was closed", async () => {
    await using right = await bindUdp(at);
    for (const options of [{}, { peer: right.address }]) {
      const left = await bindUdp(at, options);
      await withTaskGroup(async (group) => {
        for (let n = 0; n < 5; n++)
          group.spawn(() => left.send(bytes("hello"), right.address).catch(ofClosing));
        // After the look-up of the address, in the step in which the platform is given the datagram.
        for (let n = 0; n < 20 && left.stats().sent === 0; n++) {
          await Promise.resolve();
          if (n === 10) await left.close();
        }
      });
    }
  });

  it("keeps datagrams apart, the empty one too", async () => {
    await using left = await bindUdp(at);
    await using right = await bindUdp(at);
    for (const word of ["one", "", "three"]) await left.send(bytes(word), right.address);
    const words = [];
    for (let n = 0; n < 3; n++) words.push(text(await right.receive()));
    assert.deepEqual(words, ["one", "", "three"]);
  });

  it("needs no address for its peer, and ignores what others send", async () => {
    await using server = await bindUdp(at);
    await using client = await bindUdp(at, { peer: server.address });
    await client.send(bytes("hello"));
    const { from: address } = await server.receive();
    await using stranger = await bindUdp(at);
    await stranger.send(bytes("spam"), address);
    await server.send(bytes("answer"), address);
    assert.equal(text(await client.receive()), "answer");
  });

  it("with a peer hears that nobody listens there", async () => {
    const gone = await bindUdp(at);
    const peer = gone.address;
    await gone.close();
    await using client = await bindUdp(at, { peer });
    await client.send(bytes("anybody?"));
    // The limit is for a runtime that keeps silent.
    await assert.rejects(
      withTimeout(5_000, () => client.receive()),
      ConnectionRefused,
    );
  });

  it("reaches IPv4 from a socket of both families", async () => {
    await using both = await bindUdp({ host: "::", port: 0 });
    await using four = await bindUdp(at);
    await both.send(bytes("hello"), four.address);
    const { from: address } = await four.receive();
    await four.send(bytes("back"), { host: "127.0.0.1", port: address.port });
    assert.deepEqual((await both.receive()).from, four.address);
  });

  it("fails to send what is too long, and lives on", async () => {
    await using left = await bindUdp(at);
    await using right = await bindUdp(at);
    await assert.rejects(left.send(new Uint8Array(70_000), right.address), (error) => {
      assert.ok(error instanceof SendFailed);
      assert.equal(error.systemCode, "EMSGSIZE");
      assert.match(error.message, /cannot send 70000 bytes to 127\.0\.0\.1:\d+/);
      return true;
    });
    await left.send(bytes("short"), right.address);
    assert.equal(text(await right.receive()), "short");
  });

  it("fails to bind where somebody else is, and at what is no address of ours", async () => {
    await using first = await bindUdp(at);
    await assert.rejects(bindUdp(first.address), AddressInUse);
    await assert.rejects(bindUdp({ host: "192.0.2.1", port: 0 }), ListenFailed);
    await assert.rejects(bindUdp({ host: "nowhere.invalid", port: 0 }), UnknownHost);
  });

  it("leaves its port free when it is closed", async () => {
    const first = await bindUdp(at);
    const { address } = first;
    await first.close();
    await first.close();
    const second = await bindUdp(address);
    await second.close();
  });

  it("ends iterations, and fails receives and sends, when it is closed; what had come is still there", async () => {
    const { socket, events } = await scripted();
    await withTaskGroup(async (group) => {
      const words: string[] = [];
      const reading = group.spawn(async () => {
        for await (const datagram of socket) words.push(text(datagram));
        return words;
      });
      const receiving = group.spawn(() => assert.rejects(socket.receive(), StreamClosed));
      events.arrived(bytes("one"), from(1));
      await Promise.resolve();
      await socket.close();
      assert.deepEqual(await reading.join(), ["one"]);
      await receiving.join();
    });
    await assert.rejects(socket.send(bytes("late"), { ...at, port: 1 }), StreamClosed);
    const { socket: other, events: its } = await scripted();
    its.arrived(bytes("before"), from(1));
    await other.close();
    assert.equal(text(await other.receive()), "before");
    await assert.rejects(other.receive(), StreamClosed);
  });

  it("refuses bad arguments", async () => {
    assert.throws(() => bindUdp({ host: "", port: 0 }), { code: "TSY_INVALID_ARGUMENT" });
    assert.throws(() => bindUdp(at, { maxQueued: 0 }), { code: "TSY_INVALID_ARGUMENT" });
    await using socket = await bindUdp(at);
    await assert.rejects(socket.send(7 as never, at), { code: "TSY_INVALID_ARGUMENT" });
    await assert.rejects(socket.send(bytes("to port 0"), at), { code: "TSY_INVALID_ARGUMENT" });
    await assert.rejects(socket.send(bytes("to whom?")), { code: "TSY_INVALID_ARGUMENT" });
  });
});

describe("The queue of a UDP socket", () => {
  it(
    "is bounded: the newest datagrams are dropped, and counted",
    virtual(async () => {
      const { socket, events } = await scripted({ maxQueued: 2 });
      for (const word of ["one", "two", "three"]) events.arrived(bytes(word), from(1));
      const { received, dropped, queued } = socket.stats();
      assert.deepEqual({ received, dropped, queued }, { received: 2, dropped: 1, queued: 2 });
      assert.equal(text(await socket.receive()), "one");
      await socket.close();
    }),
  );

  it(
    "counts what it ignores, and the errors that concern nobody",
    virtual(async () => {
      const { socket, events } = await scripted({ peer: { host: "10.0.0.2", port: 1 } });
      events.arrived(bytes("spam"), from(2));
      events.arrived(bytes("ham"), from(1));
      assert.equal(text(await socket.receive()), "ham");
      assert.equal(socket.stats().ignored, 1);
      const { socket: alone, events: its } = await scripted();
      its.failed(new Error("somewhere"));
      assert.equal(alone.stats().errors, 1);
      await alone.close();
      await socket.close();
    }),
  );

  it(
    "gives each datagram to one receiver, in their order",
    virtual(async () => {
      const { socket, events } = await scripted();
      await withTaskGroup((group) => {
        const first = group.spawn(() => socket.receive());
        const second = group.spawn(() => socket.receive());
        events.arrived(bytes("one"), from(1));
        events.arrived(bytes("two"), from(1));
        group.spawn(async () => {
          assert.deepEqual([text(await first.join()), text(await second.join())], ["one", "two"]);
        });
      });
      await socket.close();
    }),
  );

  it(
    "loses no datagram when a receive is cancelled at any step",
    everyStep(async (step) => {
      const { socket, events } = await scripted();
      await withTaskGroup((group) => {
        group.spawn(async () => {
          const outcome = await step.attempt(() => socket.receive());
          if (outcome.cancelled) assert.equal(text(await socket.receive()), "one");
          else assert.equal(text(outcome.value), "one");
          assert.equal(text(await socket.receive()), "two");
        });
        events.arrived(bytes("one"), from(1));
        events.arrived(bytes("two"), from(1));
      });
      await socket.close();
    }),
  );

  it(
    "leaves no socket when the bind is cancelled at any step",
    everyStep(async (step) => {
      const network = new ScriptedNetwork({});
      const outcome = await step.attempt(() =>
        withNetwork(network, () => bindUdp({ host: "10.0.0.1", port: 0 })),
      );
      if (!outcome.cancelled) await outcome.value.close();
      assert.deepEqual({ pending: network.pending, open: network.open }, { pending: 0, open: 0 });
    }),
  );

  it(
    "can be closed in a cancelled scope",
    virtual(async () => {
      const { socket, network } = await scripted();
      await withCancelScope(async (scope) => {
        scope.cancel();
        await socket.close();
      });
      assert.equal(network.open, 0);
    }),
  );
});
