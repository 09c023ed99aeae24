/** The worlds in which the laws of networks are tried, and what all of them use. */
import assert from "node:assert/strict";
import {
  ended,
  type ConnectSettings,
  type ListenSettings,
  type Network,
} from "../../../../src/io/net/network.ts";
import type { Endpoint } from "../../../../src/io/net/address.ts";
import type { TlsClientOptions, TlsServerOptions } from "../../../../src/io/net/tls-options.ts";
import { Recorder } from "./recorder.ts";

/** Where the laws are tried. */
export interface NetworkWorld {
  readonly server: Network;
  readonly client: Network;
  /** The IPv4 address at which the server listens, and the client reaches it. */
  readonly address: string;
  /** A path for a Unix socket that both have; null where there is none. */
  readonly path: string | null;
  /** Options with which a handshake succeeds, for the name `localhost`; null where TLS is not tried. */
  readonly tls: { readonly server: TlsServerOptions; readonly client: TlsClientOptions } | null;
}

/** Runs a test in a world of its own, in whose scope `ended` works. */
export type WorldRunner = (body: (world: NetworkWorld) => Promise<void>) => Promise<void>;

export const CONNECT: ConnectSettings = {
  noDelay: true,
  keepAliveMs: Infinity,
  localAddress: null,
  localPort: 0,
};

export const LISTEN: ListenSettings = {
  noDelay: true,
  keepAliveMs: Infinity,
  backlog: 64,
  reusePort: false,
  ipv6Only: false,
};

export type Law = (title: string, body: (world: NetworkWorld) => Promise<void>) => void;

/** A connection that has come about, with a recorder at each end. */
export interface Pair {
  readonly client: Recorder;
  readonly server: Recorder;
  /** Stops listening. */
  close(): Promise<void>;
}

/** Connects to a listener of its own. */
export async function connectedPair(world: NetworkWorld, at?: Endpoint): Promise<Pair> {
  const accepted = Promise.withResolvers<Recorder>();
  const socket = await ended(
    "listen",
    world.server.listen(at ?? endpoint(world, 0), LISTEN, {
      connected: (transport) => accepted.resolve(new Recorder(transport)),
      failed: (error) => accepted.reject(error),
      lost: (error) => accepted.reject(error),
    }),
  );
  const to = "path" in socket.address ? socket.address : endpoint(world, socket.address.port);
  const connected = Promise.withResolvers<Recorder>();
  world.client.connect(to, CONNECT)(
    (transport) => connected.resolve(new Recorder(transport)),
    (error) => connected.reject(error),
  );
  const [client, server] = await Promise.all([connected.promise, accepted.promise]);
  return {
    client,
    server,
    close: () => new Promise((resolve) => socket.close(resolve)),
  };
}

export function endpoint({ address }: NetworkWorld, port: number): Endpoint {
  return { address, family: 4, port };
}

/** Destroys both ends, waits until they are gone, and stops listening. */
export async function closeAll({ client, server, close }: Pair): Promise<void> {
  for (const end of [client, server]) if (!end.isClosed) end.destroy(false);
  await Promise.all([client.untilClosed(), server.untilClosed()]);
  await close();
}

export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = at * 31 + (at >> 8);
  return bytes;
}

export function assertSame(got: Uint8Array, wanted: Uint8Array): void {
  assert.equal(got.length, wanted.length);
  assert.equal(Buffer.compare(got, wanted), 0, "the bytes differ");
}
