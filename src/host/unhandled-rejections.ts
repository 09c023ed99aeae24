import process from "node:process";
import { brandOf } from "../base/tsyncio-error.ts";

const installed: unique symbol = Symbol.for("tsyncio.unhandled-rejections") as never;
const harmless = new Set(["TSY_CANCELLED", "TSY_SCOPE_ENDED"]);

/** Whether a rejection that nobody handled is only a cancellation of ours. */
export function isHarmless(reason: unknown): boolean {
  return harmless.has(brandOf(reason) ?? "");
}

/**
 * Keeps a cancelled program alive (law 4).
 *
 * `const a = helper(), b = helper(); await a; await b;` under a cancellation leaves the promise of `b` unhandled. It belongs to an
 * async function of the user, so that nobody can mark it; the platform would end the process. One listener per process, however
 * many copies of the package are installed, drops our cancellations. Everything else it throws on when it is the only listener,
 * as the platform would have done without it.
 */
export function ignoreUnhandledCancellations(): void {
  const holder = globalThis as { [installed]?: boolean };
  if (holder[installed] === true) return;
  holder[installed] = true;
  process.on("unhandledRejection", (reason) => {
    if (isHarmless(reason)) return;
    if (process.listenerCount("unhandledRejection") === 1) throw reason;
  });
}
