/** The two kinds of things that emit events, as one. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";

/** An `EventEmitter` of `node:events`, or what is like one. */
export interface Emitter {
  on(name: string | symbol, listener: (...values: unknown[]) => void): unknown;
  off(name: string | symbol, listener: (...values: unknown[]) => void): unknown;
}

/** An `EventTarget`, or what is like one. */
export interface Target<E> {
  addEventListener(name: string, listener: (event: E) => void): void;
  removeEventListener(name: string, listener: (event: E) => void): void;
}

/** Where events come from: `add` begins to listen, and returns what stops it. */
export interface Source<T> {
  add(name: string | symbol, heard: (item: T) => void): () => void;
  /** What an error event says. */
  errorOf(item: T): unknown;
}

/** @throws {InvalidArgument} for what emits nothing. What is of both kinds counts as an emitter. */
export function sourceOf(emitter: Emitter | Target<unknown>): Source<unknown> {
  const found = emitter as Partial<Emitter & Target<unknown>> | null | undefined;
  if (typeof found?.on === "function" && typeof found.off === "function")
    return emitterSource(found as Emitter);
  if (typeof found?.addEventListener === "function" && typeof found.removeEventListener === "function")
    return targetSource(found as Target<unknown>);
  throw new InvalidArgument(
    `emitter of events is ${show(emitter)}. Give an EventEmitter or an EventTarget.`,
  );
}

function emitterSource(emitter: Emitter): Source<unknown> {
  return {
    add: (name, heard) => {
      const listener = (...values: unknown[]): void => heard(values);
      emitter.on(name, listener);
      return () => void emitter.off(name, listener);
    },
    errorOf: (values) => (values as unknown[])[0],
  };
}

function targetSource(target: Target<unknown>): Source<unknown> {
  return {
    add: (name, heard) => {
      target.addEventListener(name as string, heard);
      return () => target.removeEventListener(name as string, heard);
    },
    errorOf: (event) => (event as { error?: unknown }).error ?? event,
  };
}
