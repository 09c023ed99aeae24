import { checkCount } from "../base/check.ts";

/** How much of its work a combinator does at the same time. */
export interface ConcurrencyOptions {
  /** How many functions run at the same time at most. Default `Infinity`. */
  readonly concurrency?: number;
}

/** The concurrency asked for in the options of `caller`. */
export function checkConcurrency(caller: string, { concurrency = Infinity }: ConcurrencyOptions): number {
  return checkCount(`concurrency of ${caller}`, concurrency);
}
