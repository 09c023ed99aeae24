/**
 * The states of a head that is read byte by byte. A state is a set of bytes that it runs over, and a step that says which state the first
 * other byte leads to.
 *
 *   request:   start -> method -> target -> version -+
 *   response:  status line --------------------------+-> line end -> field <-> name -> value -> done
 *   trailer:   ---------------------------------------------------> field
 */
import { classes, COLON, CR, HASH, LF, SPACE, TAB, TARGET, TOKEN, VALUE } from "./characters.ts";
import { HttpProtocolError, refuseByte, refuseMessage } from "./errors.ts";
import type { WireLimits } from "./limits.ts";

/** What the steps know of a head, and note of it. */
export interface HeadProgress {
  readonly limits: WireLimits;
  /** Bytes that were looked at, those of the empty lines before the head included. */
  offset: number;
  /** Bytes of the empty lines before the head. */
  skippedBytes: number;
  fieldCount: number;
  /** Where in the version, or in the status line, the scan is. */
  index: number;
  majorDigit: number;
}

export interface HeadState {
  readonly runsOver: number;
  readonly step: (scan: HeadProgress, byte: number) => HeadState;
  /** What of the head is measured in this state. */
  readonly part: "method" | "line" | "fields";
}

const NOTHING = 0;
/** The first byte of a TLS record that carries a handshake. */
const TLS_HANDSHAKE = 0x16;

export const start: HeadState = {
  runsOver: NOTHING,
  part: "method",
  step: (scan, byte) => {
    if ((classes[byte] as number) & TOKEN) return method;
    if (byte === CR) return startLf;
    if (byte === TLS_HANDSHAKE && scan.offset === 0) throw new HttpProtocolError("tls");
    return refuseByte(byte === LF ? "bare-lf" : "method", byte);
  },
};

export const startLf: HeadState = {
  runsOver: NOTHING,
  part: "method",
  step: (scan, byte) => {
    if (byte !== LF) refuseByte("bare-cr", byte);
    scan.skippedBytes += 2;
    if (scan.skippedBytes > 2 * scan.limits.emptyLines) refuseMessage("empty-lines");
    return start;
  },
};

const method: HeadState = {
  runsOver: TOKEN,
  part: "method",
  step: (_scan, byte) => {
    if (byte === SPACE) return targetStart;
    return refuseByte(byte === CR || byte === LF ? "request-line" : "method", byte);
  },
};

const targetStart: HeadState = {
  runsOver: NOTHING,
  part: "line",
  step: (_scan, byte) => ((classes[byte] as number) & TARGET ? target : refuseByte("target", byte)),
};

const target: HeadState = {
  runsOver: TARGET,
  part: "line",
  step: (_scan, byte) => {
    if (byte === SPACE) return version;
    if (byte === HASH) throw new HttpProtocolError("target-fragment");
    return refuseByte(byte === CR || byte === LF ? "request-line" : "target", byte);
  },
};

const NAME = "HTTP/";

/** One byte of "HTTP/1.1". True behind the last one. */
function versionStep(scan: HeadProgress, byte: number, rule: "request-line" | "status-line"): boolean {
  const index = scan.index++;
  if (index < NAME.length) {
    if (byte !== NAME.charCodeAt(index)) refuseByte(rule, byte);
  } else if (index === 6) {
    if (byte !== 0x2e) refuseByte(rule, byte);
  } else {
    if (!isDigit(byte)) refuseByte(rule, byte);
    if (index === 5) scan.majorDigit = byte;
    else if (scan.majorDigit !== 0x31 || byte > 0x31) {
      refuseMessage(
        "version",
        `HTTP/${String.fromCharCode(scan.majorDigit)}.${String.fromCharCode(byte)}`,
      );
    }
  }
  return index === 7;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

const version: HeadState = {
  runsOver: NOTHING,
  part: "line",
  step: (scan, byte) => (versionStep(scan, byte, "request-line") ? lineCr : version),
};

const lineCr: HeadState = {
  runsOver: NOTHING,
  part: "line",
  step: (_scan, byte) =>
    byte === CR ? lineLf : refuseByte(byte === LF ? "bare-lf" : "request-line", byte),
};

const lineLf: HeadState = {
  runsOver: NOTHING,
  part: "fields",
  step: (_scan, byte) => (byte === LF ? field : refuseByte("bare-cr", byte)),
};

/** "HTTP/1.1", a space and three digits, the first of which is not 0. */
export const statusLine: HeadState = {
  runsOver: NOTHING,
  part: "line",
  step: (scan, byte) => {
    if (scan.index < 8) {
      versionStep(scan, byte, "status-line");
      return statusLine;
    }
    const index = scan.index++;
    const isRight = index === 8 ? byte === SPACE : isDigit(byte) && (index > 9 || byte !== 0x30);
    if (!isRight) refuseByte("status-line", byte);
    return index === 11 ? reasonStart : statusLine;
  },
};

/** The space before a reason may be lacking where the reason is: many servers leave both out, and it can mean nothing else. */
const reasonStart: HeadState = {
  runsOver: NOTHING,
  part: "line",
  step: (_scan, byte) => {
    if (byte === SPACE) return reason;
    return byte === CR ? lineLf : refuseByte(byte === LF ? "bare-lf" : "status-line", byte);
  },
};

const reason: HeadState = {
  runsOver: VALUE,
  part: "line",
  step: (_scan, byte) =>
    byte === CR ? lineLf : refuseByte(byte === LF ? "bare-lf" : "status-line", byte),
};

export const field: HeadState = {
  runsOver: NOTHING,
  part: "fields",
  step: (_scan, byte) => {
    if ((classes[byte] as number) & TOKEN) return name;
    if (byte === CR) return lastLf;
    if (byte === SPACE || byte === TAB) throw new HttpProtocolError("obs-fold");
    return refuseByte(byte === LF ? "bare-lf" : "field-name", byte);
  },
};

const name: HeadState = {
  runsOver: TOKEN,
  part: "fields",
  step: (scan, byte) => {
    if (byte === SPACE || byte === TAB) throw new HttpProtocolError("field-name-space");
    if (byte !== COLON) refuseByte("field-name", byte);
    if (++scan.fieldCount > scan.limits.fieldCount) refuseMessage("field-count");
    return value;
  },
};

const value: HeadState = {
  runsOver: VALUE,
  part: "fields",
  step: (_scan, byte) =>
    byte === CR ? valueLf : refuseByte(byte === LF ? "bare-lf" : "field-value", byte),
};

const valueLf: HeadState = {
  runsOver: NOTHING,
  part: "fields",
  step: (_scan, byte) => (byte === LF ? field : refuseByte("bare-cr", byte)),
};

const lastLf: HeadState = {
  runsOver: NOTHING,
  part: "fields",
  step: (_scan, byte) => (byte === LF ? done : refuseByte("bare-cr", byte)),
};

export const done: HeadState = { runsOver: NOTHING, part: "fields", step: () => done };
