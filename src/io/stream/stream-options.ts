import { checkCount } from "../../base/check.ts";

/** How a piece of a stream is bounded. */
export interface LimitOption {
  /** How many bytes it may have, its end included. Default 65,536. */
  readonly maxBytes?: number;
}

/** Figures about a stream, in bytes. */
export interface ByteStreamStats {
  /** What has come, whether it was read or not, and what was taken for sending. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** What has come and was not read, and what was taken and is not handed on to the platform yet. */
  readonly bufferedBytes: number;
  readonly unsentBytes: number;
}

const MAX_PIECE_BYTES = 65_536;
const MAX_ALL_BYTES = 16_777_216;

/** The limit for one piece. */
export function pieceBytes(operation: string, { maxBytes = MAX_PIECE_BYTES }: LimitOption): number {
  return checkCount(`maxBytes of ${operation}`, maxBytes);
}

/** The limit for all data up to its end. */
export function allBytes({ maxBytes = MAX_ALL_BYTES }: LimitOption): number {
  return checkCount("maxBytes of readAll", maxBytes);
}
