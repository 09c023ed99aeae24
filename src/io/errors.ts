/** What can go wrong with connections. Each outcome that a program treats differently has a class of its own. */
import { TsyncioError } from "../base/tsyncio-error.ts";

/** The code of a platform's error, `ECONNRESET` for example; null where it has none. */
export function systemCodeOf(error: unknown): string | null {
  const code: unknown = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : null;
}

/** What a platform's error says, for the end of a message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The resolver knows no address for a name. */
export class UnknownHost extends TsyncioError {
  static readonly code = "TSY_UNKNOWN_HOST";
  readonly host: string;
  /** The platform's code: `ENOTFOUND`, `EAI_AGAIN`. */
  readonly systemCode: string | null;

  constructor(host: string, cause: unknown) {
    super(
      UnknownHost.code,
      `no address is known for host "${host}": ${reasonOf(cause)}. Check the name and the resolver.`,
      { cause },
    );
    this.host = host;
    this.systemCode = systemCodeOf(cause);
  }
}

/** Nobody listens there. */
export class ConnectionRefused extends TsyncioError {
  static readonly code = "TSY_CONNECTION_REFUSED";
  readonly address: string;

  constructor(address: string, cause: unknown) {
    super(
      ConnectionRefused.code,
      `${address} refused the connection: nobody listens there, or a firewall says so.`,
      {
        cause,
      },
    );
    this.address = address;
  }
}

/** No connection came about, for another reason than a refusal. */
export class ConnectFailed extends TsyncioError {
  static readonly code = "TSY_CONNECT_FAILED";
  readonly address: string;
  readonly systemCode: string | null;

  constructor(address: string, cause: unknown, advice: string = "") {
    super(ConnectFailed.code, `cannot connect to ${address}: ${reasonOf(cause)}.${advice}`, { cause });
    this.address = address;
    this.systemCode = systemCodeOf(cause);
  }
}

/** The connection was lost: the peer reset it, vanished, or the network cut it. */
export class ConnectionReset extends TsyncioError {
  static readonly code = "TSY_CONNECTION_RESET";
  readonly address: string;
  readonly systemCode: string | null;

  constructor(address: string, cause: unknown) {
    super(
      ConnectionReset.code,
      `the connection to ${address} was lost: ${reasonOf(cause)}. Bytes that it had not delivered are gone.`,
      { cause },
    );
    this.address = address;
    this.systemCode = systemCodeOf(cause);
  }
}

/** A stream was used after its own side had closed or ended it. */
export class StreamClosed extends TsyncioError {
  static readonly code = "TSY_STREAM_CLOSED";

  constructor(operation: string, stream: string, how: string) {
    super(StreamClosed.code, `cannot ${operation} ${stream}: it was ${how} by this side before.`);
  }
}

/** Two tasks read from one stream at the same time. */
export class StreamBusy extends TsyncioError {
  static readonly code = "TSY_STREAM_BUSY";

  constructor(operation: string, stream: string) {
    super(
      StreamBusy.code,
      `cannot ${operation} ${stream}: another task is reading from it, and each would get parts of what the other needs. ` +
        `Read in one task and hand on what it reads, by a Queue for example.`,
    );
  }
}

/** The data ended before what was asked for was complete. */
export class UnexpectedEnd extends TsyncioError {
  static readonly code = "TSY_UNEXPECTED_END";
  /** The bytes that came before the end. They have been taken from the stream. */
  readonly partial: Uint8Array;

  constructor(wanted: string, stream: string, partial: Uint8Array) {
    super(
      UnexpectedEnd.code,
      `${stream} ended after ${partial.length} bytes, where ${wanted} was expected.`,
    );
    this.partial = partial;
  }
}

/** What was asked for is longer than its limit. Nothing has been taken: the bytes are still in the stream. */
export class LimitOverrun extends TsyncioError {
  static readonly code = "TSY_LIMIT_OVERRUN";
  readonly limitBytes: number;
  /** How many bytes had come, and wait in the stream. */
  readonly bufferedBytes: number;

  constructor(wanted: string, stream: string, limitBytes: number, bufferedBytes: number) {
    super(
      LimitOverrun.code,
      `${wanted} on ${stream} is longer than ${limitBytes} bytes. The ${bufferedBytes} bytes that came are still in the stream; ` +
        `read them in another way, raise maxBytes, or close it.`,
    );
    this.limitBytes = limitBytes;
    this.bufferedBytes = bufferedBytes;
  }
}

/** Somebody listens at the address already. */
export class AddressInUse extends TsyncioError {
  static readonly code = "TSY_ADDRESS_IN_USE";
  readonly address: string;

  constructor(address: string, cause: unknown) {
    super(
      AddressInUse.code,
      `cannot listen at ${address}: somebody else does. Stop that program, take another port (0 lets the platform choose), or ` +
        `set reusePort on both.`,
      { cause },
    );
    this.address = address;
  }
}

/** No socket listens, for another reason than an address in use; or a listening one was lost. */
export class ListenFailed extends TsyncioError {
  static readonly code = "TSY_LISTEN_FAILED";
  readonly address: string;
  readonly systemCode: string | null;

  constructor(address: string, cause: unknown, advice: string = "") {
    super(ListenFailed.code, `cannot listen at ${address}: ${reasonOf(cause)}.${advice}`, { cause });
    this.address = address;
    this.systemCode = systemCodeOf(cause);
  }
}

/** A TLS handshake failed: a certificate that is not trusted, no protocol in common, a peer that speaks no TLS. */
export class TlsFailed extends TsyncioError {
  static readonly code = "TSY_TLS_FAILED";
  readonly address: string;
  /** The platform's code: `DEPTH_ZERO_SELF_SIGNED_CERT`, `CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`. */
  readonly systemCode: string | null;

  constructor(address: string, cause: unknown, reason: string = reasonOf(cause)) {
    super(
      TlsFailed.code,
      `the TLS handshake with ${address} failed: ${reason}. Check the certificate, its name, and the authorities in "ca".`,
      { cause },
    );
    this.address = address;
    this.systemCode = systemCodeOf(cause);
  }
}

/** A datagram could not be sent: it was too long, or there is no way to its address. */
export class SendFailed extends TsyncioError {
  static readonly code = "TSY_SEND_FAILED";
  readonly address: string;
  readonly systemCode: string | null;

  constructor(address: string, bytes: number, cause: unknown) {
    super(SendFailed.code, `cannot send ${bytes} bytes to ${address}: ${reasonOf(cause)}.`, { cause });
    this.address = address;
    this.systemCode = systemCodeOf(cause);
  }
}
