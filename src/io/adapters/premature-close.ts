/** What a foreign stream that vanished is said to have died of, where it did not say so itself. */
export function prematureClose(what: string): Error {
  const error = new Error(`${what} was closed before its data had ended`);
  return Object.assign(error, { code: "ERR_STREAM_PREMATURE_CLOSE" });
}

/** How long a foreign stream may take to close before it counts as closed. */
export const DESTROY_MS = 5_000;
