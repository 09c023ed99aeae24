/** Values that nobody will receive (law 11): disposed of where they can be, so that no permit, item or connection is lost. */
import type { Engine } from "../kernel/engine.ts";

/** Disposes of `value` if it is disposable, and waits for that. Errors go to `onUnhandled`: there is nobody else to tell. */
export async function dispose(value: unknown, engine: Engine): Promise<void> {
  if (!canDispose(value)) return;
  try {
    if (Symbol.asyncDispose in value) await (value as AsyncDisposable)[Symbol.asyncDispose]();
    else (value as Disposable)[Symbol.dispose]();
  } catch (error) {
    engine.unhandled(error);
  }
}

/** {@link dispose} for a place where nobody can wait. */
export function disposeLater(value: unknown, engine: Engine): void {
  if (canDispose(value)) void dispose(value, engine);
}

function canDispose(value: unknown): value is object {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  return Symbol.dispose in value || Symbol.asyncDispose in value;
}
