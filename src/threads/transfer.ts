import { show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";

/** What is to be moved with a value, by the value. */
const marked = new WeakMap<object, readonly object[]>();
/** Nobody who transfers nothing shall pay for a look-up per value. */
let used = false;

/**
 * Marks `value`, an argument or a result of a call in a thread, to be moved in place of copied; returns it. The sender's buffer is empty
 * afterwards. Without `moved` it is the `ArrayBuffer` itself, or that of the view; else the buffers and ports in `moved`, which stand
 * somewhere in the value.
 *
 * A view moves its whole buffer. Bytes that a `ByteStream` gave may share theirs with what comes next: move a copy, `bytes.slice()`.
 *
 * The mark holds for one call. A call that never reached a thread, because it was cancelled first say, has moved nothing.
 *
 * @throws {InvalidArgument} for a value that holds no buffer, where `moved` is not given.
 * @example
 * import { importThread, transfer } from "tsyncio/threads";
 * const address = new URL("data:text/javascript,export const size = (bytes) => bytes.length");
 * const work = importThread<{ size(bytes: Uint8Array): number }>(address);
 * const bytes = new Uint8Array(1_000_000);
 * console.log(await work.size(transfer(bytes)), bytes.length); // 1000000 0
 */
export function transfer<T extends object>(value: T, moved?: readonly object[]): T {
  if (typeof value !== "object" || value === null)
    throw new InvalidArgument(
      `transfer was given ${show(value)}. Give a buffer, or an object that holds some.`,
    );
  marked.set(value, moved ?? [bufferOf(value)]);
  used = true;
  return value;
}

function bufferOf(value: object): object {
  if (value instanceof ArrayBuffer) return value;
  if (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer) return value.buffer;
  throw new InvalidArgument(
    `transfer was given ${show(value)}. Name what is to be moved: transfer(value, [value.data.buffer]).`,
  );
}

const nothing: readonly object[] = Object.freeze([]);

/** What is to be moved with `values`. */
export function movedWith(values: readonly unknown[]): readonly object[] {
  if (!used) return nothing;
  const moved = new Set<object>();
  for (const value of values) {
    if (typeof value !== "object" || value === null) continue;
    for (const one of marked.get(value) ?? nothing) moved.add(one);
  }
  return moved.size === 0 ? nothing : [...moved];
}

/** The values have been sent: their marks are used up. */
export function forgetMarks(values: readonly unknown[]): void {
  if (!used) return;
  for (const value of values) if (typeof value === "object" && value !== null) marked.delete(value);
}
