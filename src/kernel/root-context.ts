/**
 * The ambient store, and the protocol by which several installed copies of the package share it.
 *
 * The one file besides `host/` that imports from the platform: `AsyncLocalStorage` is what makes a scope ambient.
 *
 * A copy whose protocol number differs keeps to itself and warns: scopes would then not see each other.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** Raised whenever a field of `Scope`, `Engine` or a wait changes its meaning. */
const PROTOCOL = 1;

/** Where the current scope is kept: an `AsyncLocalStorage`, named by shape so that our types need no types of Node. */
export interface AmbientStore<S> {
  getStore(): S | undefined;
  run<R, A extends unknown[]>(store: S, fn: (...args: A) => R, ...args: A): R;
}

interface Protocol<S, R> {
  readonly number: number;
  readonly url: string;
  readonly storage: AmbientStore<S>;
  runtime: R | null;
}

const key: unique symbol = Symbol.for("tsyncio.protocol") as never;

/** Runs a callback without any ambient scope or foreign store: as at the start of the program. */
export const inRoot: <R>(callback: () => R) => R = AsyncLocalStorage.snapshot();

/** A function that runs callbacks in the context of now. */
export function captureContext(): <R>(callback: () => R) => R {
  return AsyncLocalStorage.snapshot();
}

/** The protocol that this copy takes part in. A copy that finds a different one keeps to itself, and {@link strangers} says so. */
export function joinProtocol<S, R>(): Protocol<S, R> {
  const holder = globalThis as { [key]?: Protocol<S, R> };
  const mine = {
    number: PROTOCOL,
    url: import.meta.url,
    storage: new AsyncLocalStorage<S>(),
    runtime: null,
  };
  const found = (holder[key] ??= mine);
  if (found.number === PROTOCOL) return found;
  strangers = [found.url, mine.url];
  return mine;
}

let strangers: readonly [string, string] | null = null;

/** The addresses of two loaded versions that cannot share scopes, this one last; null where there are none. Told once. */
export function takeStrangers(): readonly [string, string] | null {
  const found = strangers;
  strangers = null;
  return found;
}
