import assert from "node:assert/strict";
import { ended, type DatagramSocket, type UdpSettings } from "../../../../src/io/net/network.ts";
import type { IpEndpoint } from "../../../../src/io/net/address.ts";
import { codeOf, type Law, type NetworkWorld } from "./world.ts";

const SETTINGS: UdpSettings = {
  reuseAddress: false,
  reusePort: false,
  ipv6Only: false,
  broadcast: false,
};

interface Heard {
  readonly text: string;
  readonly from: IpEndpoint;
}

class Ear {
  readonly socket: DatagramSocket;
  readonly #heard: Heard[];
  readonly #wake: { call: () => void };

  private constructor(socket: DatagramSocket, heard: Heard[], wake: { call: () => void }) {
    this.socket = socket;
    this.#heard = heard;
    this.#wake = wake;
  }

  static async at(network: NetworkWorld["server"], address: string): Promise<Ear> {
    const heard: Heard[] = [];
    const wake = { call: () => {} };
    const socket = await ended(
      "bind",
      network.bind({ address, family: 4, port: 0 }, SETTINGS, {
        arrived: (bytes, from) => {
          heard.push({ text: new TextDecoder().decode(bytes), from });
          wake.call();
        },
        failed: () => {},
      }),
    );
    return new Ear(socket, heard, wake);
  }

  async next(): Promise<Heard> {
    if (this.#heard.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake.call = resolve;
      });
    const first = this.#heard.shift();
    assert.ok(first);
    return first;
  }

  async send(text: string, to: IpEndpoint): Promise<void> {
    await ended("send", this.socket.send(new TextEncoder().encode(text), to));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }
}

export function datagramLaws(law: Law): void {
  law("a datagram arrives whole, and its sender can be answered", async (world) => {
    const server = await Ear.at(world.server, world.address);
    const client = await Ear.at(world.client, "0.0.0.0");
    const to = { address: world.address, family: 4, port: server.socket.address.port } as const;
    await client.send("question", to);
    const { text, from } = await server.next();
    assert.equal(text, "question");
    assert.equal(from.port, client.socket.address.port);
    await server.send("answer", from);
    const answer = await client.next();
    assert.equal(answer.text, "answer");
    assert.equal(answer.from.port, to.port);
    await client.send("", to);
    assert.equal((await server.next()).text, "");
    await Promise.all([server.close(), client.close()]);
  });

  law("a datagram that is too long is not sent, and one to nobody is lost", async (world) => {
    const client = await Ear.at(world.client, world.address === "127.0.0.1" ? "127.0.0.1" : "0.0.0.0");
    const to = { address: world.address, family: 4, port: 9 } as const;
    const long = client.socket.send(new Uint8Array(70_000), to);
    await assert.rejects(ended("send", long), (error) => codeOf(error) === "EMSGSIZE");
    await client.close();
  });

  law("a port of datagrams is taken until the socket has closed", async (world) => {
    const first = await Ear.at(world.server, world.address);
    const at = { address: world.address, family: 4, port: first.socket.address.port } as const;
    const nothing = { arrived: () => {}, failed: () => {} };
    await assert.rejects(
      ended("bind", world.server.bind(at, SETTINGS, nothing)),
      (error) => codeOf(error) === "EADDRINUSE",
    );
    await first.close();
    const again = await ended("bind", world.server.bind(at, SETTINGS, nothing));
    await new Promise<void>((resolve) => again.close(resolve));
  });
}
