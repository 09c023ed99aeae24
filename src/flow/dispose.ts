/** Values that nobody will receive (law 11): disposed of where they can be, so that no permit, item or connection is lost. */
import { cancellationIn } from "../kernel/cancellation-in.ts";
import { currentScope } from "../kernel/current.ts";
import type { Engine } from "../kernel/engine.ts";

/** Disposes of `value` if it is disposable, and waits for that. Errors go to `onUnhandled`: there is nobody else to tell. */
export async function dispose(value: unknown, engine: Engine): Promise<void> {
  await disposeAll([value], (error) => engine.unhandled(error));
}

/** {@link dispose} for a place where nobody can wait. */
export function disposeLater(value: unknown, engine: Engine): void {
  if (canDispose(value)) void dispose(value, engine);
}

/**
 * Disposes of those `values` that are disposable, one after the other, the last one first as `using` does; a value that stands
 * there twice once. An error goes to `onError`, and keeps none of the others from being disposed of; a cancellation that a disposer
 * meets is no error. Never rejects.
 */
export async function disposeAll(
  values: Iterable<unknown>,
  onError: (error: unknown) => void,
): Promise<void> {
  const scope = currentScope();
  const disposable = new Set<object>();
  for (const value of values) if (canDispose(value)) disposable.add(value);
  for (const value of [...disposable].reverse()) {
    try {
      if (Symbol.asyncDispose in value) await (value as AsyncDisposable)[Symbol.asyncDispose]();
      else (value as Disposable)[Symbol.dispose]();
    } catch (error) {
      if (cancellationIn(scope, error) === null) onError(error);
    }
  }
}

function canDispose(value: unknown): value is object {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  return Symbol.dispose in value || Symbol.asyncDispose in value;
}
