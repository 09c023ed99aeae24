/** What server and client of the HTTP soak agree on: a streamed body has so many pieces, and the bytes of each say which it is. */

export const PIECE_BYTES = 8_192;
export const PIECES = 24;

export function pieceOf(n: number): Uint8Array {
  return new Uint8Array(PIECE_BYTES).fill(n + 1);
}
