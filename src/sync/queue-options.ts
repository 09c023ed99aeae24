import type { NameOption } from "./hold.ts";

/** How a queue is made. */
export interface QueueOptions extends NameOption {
  /** How many items it holds at most: `Infinity` for no bound, 0 for a queue in which each put waits for its get. */
  readonly capacity: number;
}

/** How a queue is closed. */
export interface CloseOptions {
  /** Drops the items that nobody has taken yet. Default false: they can still be taken. */
  readonly immediate?: boolean;
}

/** Figures about a queue. */
export interface QueueStats {
  readonly size: number;
  readonly capacity: number;
  readonly isClosed: boolean;
  /** Tasks that wait for an item. */
  readonly getters: number;
  /** Tasks that wait for room. */
  readonly putters: number;
  /** Items that were taken and not marked done. */
  readonly taken: number;
}
