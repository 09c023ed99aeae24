/** What can be wrong with the body of a message. */
import { TsyncioError } from "../../base/tsyncio-error.ts";
import { reasonOf } from "../../io/errors.ts";
import type { StandardIssue } from "./standard-schema.ts";

/** What of a body is not as it must be: its syntax, what a schema says about its value, the encoding of its text, or its content type. */
export type BodyFault = "json" | "schema" | "charset" | "type";

/** A body is not what it was read as: no JSON, a value that the schema refuses, text in an encoding that is not known. */
export class BodyInvalid extends TsyncioError {
  static readonly code = "TSY_BODY_INVALID";
  readonly fault: BodyFault;
  /** For `"json"`: how many characters come before the first that cannot be right. Null for the others. */
  readonly position: number | null;
  /** For `"schema"`: what it found. Empty for the others. */
  readonly issues: readonly StandardIssue[];

  constructor(
    message: string,
    details: { fault: BodyFault; position?: number; issues?: readonly StandardIssue[]; cause?: unknown },
  ) {
    super(BodyInvalid.code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.fault = details.fault;
    this.position = details.position ?? null;
    this.issues = details.issues ?? [];
  }
}

/** A body is longer than what its reader takes. Nothing of it has been taken by that read. */
export class BodyTooLarge extends TsyncioError {
  static readonly code = "TSY_BODY_TOO_LARGE";
  readonly limitBytes: number;
  /** What the head of the message says; null where the limit was passed by what has come. */
  readonly announcedBytes: number | null;

  constructor(body: string, limitBytes: number, announcedBytes: number | null, what: string = "") {
    const size = announcedBytes === null ? `more than ${limitBytes} bytes` : `${announcedBytes} bytes`;
    super(
      BodyTooLarge.code,
      what === ""
        ? `${body} has ${size}, and ${limitBytes} is the limit. Raise maxBytes, or read it piece by piece.`
        : `${body} ${what}`,
    );
    this.limitBytes = limitBytes;
    this.announcedBytes = announcedBytes;
  }
}

const READ_BEFORE =
  "it has been read to its end before, and is not kept. Read it once, and hand on what that gave.";

/** A body was read a second time, or after somebody else. Its bytes are not kept. */
export class BodyUsed extends TsyncioError {
  static readonly code = "TSY_BODY_USED";

  constructor(operation: string, body: string, why: string = READ_BEFORE) {
    super(BodyUsed.code, `cannot ${operation} ${body}: ${why}`);
  }
}

/** Why the coding of a content cannot be undone: it is not known here, the bytes are no such code, or they end too early. */
export type ContentCodingFault = "unknown" | "corrupt" | "truncated";

/** The coding of a body (`Content-Encoding`) cannot be undone. What had been decoded before could be read. */
export class ContentCodingFailed extends TsyncioError {
  static readonly code = "TSY_CONTENT_CODING";
  /** `"gzip"`, `"br"`..., as the message names it. */
  readonly coding: string;
  readonly fault: ContentCodingFault;

  constructor(message: string, coding: string, fault: ContentCodingFault, cause?: unknown) {
    super(
      ContentCodingFailed.code,
      `${message}${cause === undefined ? "" : `: ${reasonOf(cause)}`}.`,
      cause === undefined ? undefined : { cause },
    );
    this.coding = coding;
    this.fault = fault;
  }
}
