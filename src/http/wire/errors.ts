import { show } from "../../base/check.ts";
import { TsyncioError } from "../../base/tsyncio-error.ts";
import { wireRules, type WireRule } from "./rules.ts";

/**
 * What came on a connection is not HTTP/1.1, or breaks one of our limits. The connection cannot be used any more, for nobody knows where
 * its next message begins.
 */
export class HttpProtocolError extends TsyncioError {
  static readonly code = "TSY_HTTP_PROTOCOL";
  /** What a server answers: 400, 413, 414, 417, 431, 501 or 505. */
  readonly status: number;
  /** The rule that was broken: `"content-length-repeated"`, `"obs-fold"`, `"head-length"`... */
  readonly rule: WireRule;

  /** @param detail the value that is wrong, or where it is */
  constructor(rule: WireRule, detail: string = "") {
    const [status, what] = wireRules[rule];
    super(
      HttpProtocolError.code,
      `${what}${detail === "" ? "" : `: ${detail}`}. The connection is closed.`,
    );
    this.status = status;
    this.rule = rule;
  }
}

/** Throws: the peer has broken `rule`. */
export function refuseMessage(rule: WireRule, value?: string): never {
  throw new HttpProtocolError(rule, value === undefined ? "" : show(value));
}

/** A byte where it cannot be. */
export function refuseByte(rule: WireRule, byte: number): never {
  throw new HttpProtocolError(rule, `found the byte 0x${byte.toString(16).padStart(2, "0")}`);
}

/** A body turned out longer or shorter than its announced length. The connection was destroyed, so that the peer can tell. */
export class BodyLengthMismatch extends TsyncioError {
  static readonly code = "TSY_BODY_LENGTH";
  /** What Content-Length said. */
  readonly announcedBytes: number;
  /** What was written, the bytes that were too many included. */
  readonly writtenBytes: number;

  constructor(what: string, announcedBytes: number, writtenBytes: number) {
    super(
      BodyLengthMismatch.code,
      `${what} is ${writtenBytes > announcedBytes ? "longer" : "shorter"} than its Content-Length: ` +
        `${announcedBytes} bytes were announced, ${writtenBytes} written. Give the right length, or none: the body is then sent in chunks.`,
    );
    this.announcedBytes = announcedBytes;
    this.writtenBytes = writtenBytes;
  }
}
