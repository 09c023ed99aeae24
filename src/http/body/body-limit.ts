import { checkCount } from "../../base/check.ts";
import { pieceBytes, type LimitOption } from "../../io/stream/stream-options.ts";
import { checkKnown } from "../check-options.ts";

/** How a body that is read by the whole is bounded. */
export interface BodyLimit {
  /** How many bytes it may have. Default: the limit of the server or client that it came to. */
  readonly maxBytes?: number;
}

export const NO_LIMIT: BodyLimit = {};
const names: ReadonlySet<string> = new Set(["maxBytes"]);

/** @throws {InvalidArgument} */
export function maxBytesOf(operation: string, options: BodyLimit, otherwise: number): number {
  if (options !== NO_LIMIT) checkKnown(`${operation} of a body`, options, names);
  const { maxBytes } = options;
  return maxBytes === undefined ? otherwise : checkCount(`maxBytes of ${operation}`, maxBytes);
}

/** The limit for one line. @throws {InvalidArgument} */
export function lineBytesOf(options: LimitOption): number {
  checkKnown("lines of a body", options, names);
  return pieceBytes("lines", options);
}
