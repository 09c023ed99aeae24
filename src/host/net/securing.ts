/**
 * TLS handshakes over connections that exist. The socket of the plain transport is taken over, with the bytes that came and were not
 * read; it is destroyed when the handshake fails or is called off.
 *
 * The server's end is done by a `tls.Server` that never listens: the platform lets connections be handed to one, and it is what
 * knows how to judge clients. There is one for each options object, so that a server's certificates are read once, and its clients can
 * resume their sessions.
 */
import type { Socket } from "node:net";
import {
  connect,
  createSecureContext,
  createServer,
  type ConnectionOptions,
  type SecureContext,
  type Server,
  type TlsOptions as ServerSettings,
  type TLSSocket,
} from "node:tls";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { ipFamily } from "../../io/net/address.ts";
import type { Begin } from "../../io/net/network.ts";
import { certificateFor } from "../../io/net/tls-names.ts";
import type { TlsClientOptions, TlsOptions, TlsServerOptions } from "../../io/net/tls-options.ts";
import type { TlsInfo, Transport } from "../../io/stream/transport.ts";
import { hearOut } from "./hear-out.ts";
import { ignoreError, SocketTransport } from "./socket-transport.ts";

/** The time for a handshake is measured above; the platform's own limit must not come first. */
const NEVER_MS = 2 ** 31 - 1;

export function secureClient(
  plain: Transport,
  unread: Uint8Array | null,
  options: TlsClientOptions,
): Begin<Transport> {
  return (done, failed) => {
    const name = options.serverName ?? ("host" in plain.remote ? plain.remote.host : "localhost");
    const settings = clientSettings(options, name);
    const handshake = new Handshake(plain, unread, done, failed);
    const secure = handshake.guard(() => connect({ ...settings, socket: handshake.socket }));
    if (secure === null) return ignoreError;
    handshake.secure = secure;
    secure.on("error", handshake.fail).on("close", handshake.vanish);
    secure.once("secureConnect", () => {
      hearOut(secure);
      handshake.finish(secure, infoOf(secure, settings.servername, true));
    });
    return handshake.stop;
  };
}

export function secureServer(
  plain: Transport,
  unread: Uint8Array | null,
  options: TlsServerOptions,
): Begin<Transport> {
  return (done, failed) => {
    const handshake = new Handshake(plain, unread, done, failed);
    const server = handshake.guard(() => serverFor(options));
    if (server === null) return ignoreError;
    const { socket } = handshake;
    handshakes.set(socket, handshake);
    socket.on("close", handshake.vanish);
    // A client that ends its data in the middle would else be waited for: nobody reads yet.
    socket.allowHalfOpen = false;
    server.emit("connection", socket);
    return handshake.stop;
  };
}

/** States:  shaking hands -> over: done, failed or called off. */
class Handshake {
  readonly socket: Socket;
  readonly #plain: SocketTransport;
  readonly #done: (transport: Transport) => void;
  readonly #failed: (error: unknown) => void;
  secure: TLSSocket | null = null;
  isOver = false;

  constructor(
    plain: Transport,
    unread: Uint8Array | null,
    done: (transport: Transport) => void,
    failed: (error: unknown) => void,
  ) {
    if (!(plain instanceof SocketTransport))
      throw new InvalidArgument(
        "TLS was asked for over a connection that is no socket of this platform. Secure it in the network that it came from.",
      );
    this.#plain = plain;
    this.#done = done;
    this.#failed = failed;
    this.socket = plain.detach(unread).on("error", this.fail);
  }

  readonly fail = (error: unknown): void => {
    if (this.isOver) return;
    this.stop();
    this.#failed(error);
  };

  readonly vanish = (): void =>
    this.fail(
      Object.assign(new Error("the peer closed the connection during the handshake"), {
        code: "ECONNRESET",
      }),
    );

  /** Calls it off. */
  readonly stop = (): void => {
    this.isOver = true;
    for (const socket of [this.secure, this.socket]) socket?.on("error", ignoreError).destroy();
  };

  /**
   * The platform says so in the middle of its own work on the record that ends the handshake. A connection that was closed then would
   * never have sent its part: so it is handed over in the next turn.
   */
  finish(secure: TLSSocket, info: TlsInfo): void {
    if (this.isOver) return;
    this.secure = secure;
    secure.allowHalfOpen = true;
    const transport = new SocketTransport(secure, this.#plain.remote, info);
    secure.off("error", this.fail).off("close", this.vanish);
    this.socket.off("close", this.vanish);
    setImmediate(() => {
      if (this.isOver) return;
      this.isOver = true;
      this.#done(transport);
    });
  }

  /** What the platform says of certificates and keys that it cannot read, it throws. */
  guard<T>(make: () => T): T | null {
    try {
      if (!this.#plain.hasEnded) return make();
      queueMicrotask(this.vanish);
      return null;
    } catch (error) {
      queueMicrotask(() => this.fail(error));
      return null;
    }
  }
}

/** The handshake of a socket that was given to a `tls.Server`. */
const handshakes = new WeakMap<Socket, Handshake>();
const servers = new WeakMap<TlsServerOptions, Server>();

/** The socket beneath; it is what `handshakes` knows. */
function handshakeOf(secure: TLSSocket | undefined): Handshake | undefined {
  const beneath = (secure as unknown as { _parent?: Socket } | undefined)?._parent;
  return beneath === undefined ? undefined : handshakes.get(beneath);
}

function serverFor(options: TlsServerOptions): Server {
  const known = servers.get(options);
  if (known !== undefined) return known;
  const server = createServer(serverSettings(options));
  server.on("secureConnection", (secure) => {
    const asks = options.clientCertificate !== undefined;
    handshakeOf(secure)?.finish(secure, infoOf(secure, secure.servername, asks));
  });
  server.on("tlsClientError", (error, secure) => handshakeOf(secure)?.fail(error));
  servers.set(options, server);
  return server;
}

/** Throws where certificate and key cannot be read, or do not belong together. */
export function prepareServer(options: TlsServerOptions): void {
  serverFor(options);
}

function commonSettings(options: TlsOptions): object {
  const { ca, certificate, key, passphrase, alpnProtocols, minVersion = "TLSv1.2" } = options;
  return {
    minVersion,
    ...(ca === undefined ? {} : { ca: ca as string | string[] }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(alpnProtocols === undefined ? {} : { ALPNProtocols: [...alpnProtocols] }),
  };
}

function clientSettings(options: TlsClientOptions, name: string): ConnectionOptions {
  return {
    ...commonSettings(options),
    // A name for SNI cannot be an address; the certificate is held against `host` then.
    host: name,
    servername: ipFamily(name) === 0 ? name : "",
    rejectUnauthorized: options.verify !== false,
  };
}

function serverSettings(options: TlsServerOptions): ServerSettings {
  const contexts = new Map<string, SecureContext>();
  for (const [name, pair] of Object.entries(options.serverNames ?? {}))
    contexts.set(name.toLowerCase(), createSecureContext(commonSettings({ ...options, ...pair })));
  return {
    ...commonSettings(options),
    allowHalfOpen: true,
    handshakeTimeout: NEVER_MS,
    requestCert: options.clientCertificate !== undefined,
    rejectUnauthorized: options.clientCertificate === "require",
    ...(contexts.size === 0
      ? {}
      : {
          SNICallback: (
            name: string,
            answer: (error: Error | null, context?: SecureContext) => void,
          ): void => answer(null, certificateFor(contexts, name)),
        }),
  };
}

function infoOf(secure: TLSSocket, name: string | false | null | undefined, peerShows: boolean): TlsInfo {
  const certificate = peerShows ? peerCertificateOf(secure) : null;
  return {
    protocol: secure.getProtocol() ?? "unknown",
    alpnProtocol: secure.alpnProtocol || null,
    serverName: name || null,
    isPeerTrusted: certificate !== null && secure.authorized,
    peerCertificate: certificate,
  };
}

function peerCertificateOf(secure: TLSSocket): Uint8Array | null {
  const { raw } = secure.getPeerCertificate() as { raw?: Uint8Array };
  return raw === undefined ? null : Uint8Array.from(raw);
}
