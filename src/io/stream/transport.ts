/**
 * One two-way connection as a network, or a child process, gives it: bytes in, bytes out, and nothing that waits.
 *
 * A transport is what differs from one platform to the next; {@link ByteStream} is what is the same everywhere. Neither buffers what
 * the other does: a transport delivers bytes as they come, and takes them all when they are written.
 *
 * States:  handed over -> started -> (ended by the peer) (ended by us) -> closed.
 * Invariants
 * - Nothing is delivered before `start`, and `closed` is the last thing that is, exactly once, also after `destroy`.
 * - Nothing is delivered from within a call of `start`, `write`, `end`, `pause`, `resume` or `destroy`: a caller is never re-entered.
 * - A transport calls its sink in the root context.
 */
import { formatAddress, type StreamEnd } from "../net/address.ts";

export interface Transport {
  readonly local: StreamEnd;
  readonly remote: StreamEnd;
  /** What was agreed on with the peer; null on a connection without TLS. */
  readonly tls: TlsInfo | null;
  /** Bytes that were taken and have not been handed on. */
  readonly unsentBytes: number;
  /** Begins to deliver to `sink`. Called once, in the turn in which the transport was handed over. */
  start(sink: TransportSink): void;
  /**
   * Takes all of `bytes`. True: the array is the caller's again, and more may be written at once. False: the array is the transport's
   * until `drained` is called. Only before `end`, and not again before a pending `drained`.
   */
  write(bytes: Uint8Array): boolean;
  /** {@link write} for text, which goes out in UTF-8: where the platform has a shorter way for it than by an array. */
  writeText(text: string): boolean;
  /** Delivers nothing more than what is on its way, until `resume`. */
  pause(): void;
  resume(): void;
  /** Sends the end of data once everything has been handed on; `drained` is called then if anything was unsent. */
  end(): void;
  /** Closes at once. What is unsent is lost; with `reset` the peer is told so, where the transport can. */
  destroy(reset: boolean): void;
  /** Whether the connection alone keeps the process alive. It does from the start. */
  keepAlive(yes: boolean): void;
}

const encoder = new TextEncoder();

/** Text in UTF-8, in an array of its own: for transports that have no shorter way. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** What messages call the stream on a transport. */
export function streamName(transport: Transport): string {
  return `the stream to ${formatAddress(transport.remote)}`;
}

/** Where a transport delivers. */
export interface TransportSink {
  /** `bytes` is a fresh array: it is the sink's. */
  arrived(bytes: Uint8Array): void;
  /** The peer has ended its data. */
  ended(): void;
  /** Everything written has been handed on. */
  drained(): void;
  /** The connection is gone. `error` is the platform's, where it was lost; null where both ends had finished, or it was destroyed. */
  closed(error: unknown): void;
}

/** What two ends agreed on in their TLS handshake. */
export interface TlsInfo {
  /** `TLSv1.3` for example. */
  readonly protocol: string;
  /** The protocol chosen of those offered by ALPN; null without one. */
  readonly alpnProtocol: string | null;
  /** The name that the client asked for by SNI; null without one. */
  readonly serverName: string | null;
  /** Whether the peer has shown a certificate that our authorities vouch for. */
  readonly isPeerTrusted: boolean;
  /** The peer's certificate in DER; null where it showed none. */
  readonly peerCertificate: Uint8Array | null;
}
