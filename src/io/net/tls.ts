/** TLS over a connection that exists: the client's end, and the server's. */
import { checkDuration, show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { withTimeoutOr } from "../../flow/time-limit.ts";
import { refusal } from "../../kernel/park.ts";
import { reasonOf, systemCodeOf, TlsFailed } from "../errors.ts";
import { ByteStream } from "../stream/byte-stream.ts";
import type { Transport } from "../stream/transport.ts";
import { formatAddress } from "./address.ts";
import { currentNetwork, ended, type Begin, type Network } from "./network.ts";
import { tlsReason } from "./tls-reason.ts";
import type { TlsClientOptions, TlsOptions, TlsServerOptions } from "./tls-options.ts";

const HANDSHAKE_MS = 10_000;

/**
 * Makes a plain stream a TLS one, as its client. What came and was not read is the first thing that TLS reads. The plain stream
 * counts as closed from then on, whatever comes of it.
 *
 * Cancel safety: a call that is cancelled before it begins has done nothing; afterwards the connection is closed.
 * @throws {TlsFailed} when the handshake fails, or takes longer than `handshakeMs`. The connection is closed then.
 * @throws {StreamClosed} when the stream was closed or lost, or something that was written is still to be sent.
 * @example
 * import { connect, startTls, TlsFailed } from "tsyncio/io";
 * import { listen } from "tsyncio/io";
 * await using server = await listen({ host: "127.0.0.1", port: 0 }, (stream) => stream.write("220 no TLS here\n"));
 * const plain = await connect(server.address);
 * try {
 *   await startTls(plain, { serverName: "mail.example" });
 * } catch (error) {
 *   console.log(error instanceof TlsFailed); // true
 * }
 */
export function startTls(stream: ByteStream, options: TlsClientOptions = {}): Promise<ByteStream> {
  checkTlsOptions("startTls", options);
  return upgrade(stream, options, (plain, unread) =>
    currentNetwork().secureClient(plain, unread, options),
  );
}

/**
 * Makes a plain stream a TLS one, as its server. All else is as with {@link startTls}; give the same options object for each
 * connection, so that certificates are read once.
 *
 * @throws {TlsFailed} when the handshake fails, or takes longer than `handshakeMs`.
 * @throws {StreamClosed} when the stream was closed or lost, or something that was written is still to be sent.
 */
export function startTlsServer(stream: ByteStream, options: TlsServerOptions): Promise<ByteStream> {
  checkTlsServerOptions("startTlsServer", options);
  return upgrade(stream, options, (plain, unread) =>
    currentNetwork().secureServer(plain, unread, options),
  );
}

async function upgrade(
  stream: ByteStream,
  options: TlsOptions,
  begin: (plain: Transport, unread: Uint8Array | null) => Begin<Transport>,
): Promise<ByteStream> {
  if (!(stream instanceof ByteStream))
    throw new InvalidArgument(`the stream to make a TLS one is ${show(stream)}. Give a ByteStream.`);
  const refused = refusal();
  if (refused !== null) return refused;
  const { transport, unread } = stream.detach();
  return shakeHands(transport, options, begin(transport, unread), (secured) => new ByteStream(secured));
}

/**
 * Waits for a handshake over `plain`, which is closed if none comes about. `take` makes something of the transport, in the turn in which
 * that is handed over.
 */
export async function shakeHands<T>(
  plain: Transport,
  options: TlsOptions,
  handshake: Begin<Transport>,
  take: (transport: Transport) => T,
): Promise<T> {
  const address = formatAddress(plain.remote);
  const { handshakeMs = HANDSHAKE_MS } = options;
  const opened = async (): Promise<{ readonly taken: T }> => ({
    taken: take(await ended(`TLS with ${address}`, handshake)),
  });
  let secured: { readonly taken: T } | null = null;
  try {
    secured = await withTimeoutOr(handshakeMs, opened, null);
  } catch (error) {
    if ((systemCodeOf(error) ?? "").startsWith("TSY_") || !(error instanceof Error)) throw error;
    throw new TlsFailed(address, error, tlsReason(error));
  } finally {
    if (secured === null) plain.destroy(false);
  }
  if (secured === null) throw new TlsFailed(address, `it took longer than ${handshakeMs} ms`);
  return secured.taken;
}

/** @throws {InvalidArgument} */
export function checkTlsOptions(caller: string, options: TlsOptions): void {
  if (typeof options !== "object" || options === null)
    throw new InvalidArgument(`tls of ${caller} is ${show(options)}. Give an object of options.`);
  checkDuration(`handshakeMs of ${caller}`, options.handshakeMs ?? HANDSHAKE_MS);
  if ((options.certificate === undefined) !== (options.key === undefined))
    throw new InvalidArgument(
      `the TLS options of ${caller} have ${options.key === undefined ? "a certificate without its key" : "a key without its certificate"}. Give both.`,
    );
  for (const protocol of options.alpnProtocols ?? [])
    if (typeof protocol !== "string" || protocol === "" || protocol.length > 255)
      throw new InvalidArgument(
        `alpnProtocols of ${caller} has ${show(protocol)}. Give names of 1 to 255 characters.`,
      );
}

/** @throws {InvalidArgument} */
export function checkTlsServerOptions(caller: string, options: TlsServerOptions): void {
  checkTlsOptions(caller, options);
  if (options.certificate === undefined)
    throw new InvalidArgument(`the TLS options of ${caller} have no certificate. Give one, and its key.`);
}

/** {@link checkTlsServerOptions}, and that `network` can do TLS with them. */
export function checkTlsServer(caller: string, options: TlsServerOptions, network: Network): void {
  checkTlsServerOptions(caller, options);
  try {
    network.prepareServer?.(options);
  } catch (cause) {
    throw new InvalidArgument(
      `the TLS options of ${caller} cannot be used: ${reasonOf(cause)}. Give a certificate in PEM, and the private key that belongs to it.`,
    );
  }
}
