/** What a pool and its threads say to each other. Everything in here can be cloned. */
import type { WireError } from "./wire-error.ts";

interface CallHead {
  readonly id: number;
  /** The address of the module, and the name of the function in it. */
  readonly module: string;
  readonly name: string;
  /** What is left until the caller's deadline. `Infinity` without one. */
  readonly remainingMs: number;
  /** The values of shareable `ContextVar`s, by name; null where there are none. */
  readonly context: ReadonlyArray<readonly [name: string, value: unknown]> | null;
}

/** One call. */
export interface CallMessage extends CallHead {
  readonly kind: "call";
  readonly args: readonly unknown[];
}

/** A call for each of the items, one after the other. */
export interface BatchMessage extends CallHead {
  readonly kind: "batch";
  readonly items: readonly unknown[];
  /** Whether to go on after a failure. */
  readonly isSettled: boolean;
}

export type WorkMessage = CallMessage | BatchMessage;

/** What a pool sends to a thread. */
export type ToThread =
  | WorkMessage
  | { readonly kind: "cancel"; readonly id: number; readonly reason: unknown }
  | { readonly kind: "close" };

/** What became of the items of a batch. */
export interface BatchResult {
  /** A value for each item that was tried; `undefined` for one that failed. */
  readonly values: readonly unknown[];
  readonly failures: ReadonlyArray<readonly [index: number, error: WireError]>;
  /** How long the work took, in milliseconds. */
  readonly ms: number;
}

/** What a thread sends to its pool. */
export type FromThread =
  | { readonly kind: "ready"; readonly error: WireError | null }
  | { readonly kind: "value"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: WireError }
  | {
      readonly kind: "cancelled";
      readonly id: number;
      readonly reason: WireError;
      /** Whether the deadline of the caller has come. */
      readonly isDue: boolean;
    }
  | { readonly kind: "closed" };
