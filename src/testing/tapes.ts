/** @ts-ignore fast-check is the user's: where it is not installed, these types are `any`. */
import type * as fastCheck from "fast-check";
import { Tape } from "./tape.ts";

/** How long the tapes are, and how high their choices. */
export interface TapesOptions {
  /** Default 64. Later choices are 0. */
  readonly maxLength?: number;
  /** Default 3. A choice that is too high for what is offered counts as the highest. */
  readonly maxChoice?: number;
}

/**
 * A fast-check arbitrary of tapes, for properties over inputs and schedules together. It shrinks towards FIFO.
 *
 * `fc` is fast-check itself, which is no dependency of ours.
 *
 * @example
 * import assert from "node:assert/strict";
 * import fc from "fast-check";
 * import { checkpoint, withTaskGroup } from "tsyncio";
 * import { simulate, tapes } from "tsyncio/testing";
 * await fc.assert(
 *   fc.asyncProperty(tapes(fc), fc.nat({ max: 3 }), async (tape, count) => {
 *     await simulate({ tape }, async () => {
 *       let done = 0;
 *       await withTaskGroup((group) => {
 *         for (let i = 0; i < count; i++) {
 *           group.spawn(async () => { await checkpoint(); done++; });
 *         }
 *       });
 *       assert.equal(done, count);
 *     })();
 *   }),
 *   { numRuns: 20 },
 * );
 */
export function tapes(
  fc: Pick<typeof fastCheck, "array" | "nat">,
  options: TapesOptions = {},
): fastCheck.Arbitrary<Tape> {
  const { maxLength = 64, maxChoice = 3 } = options;
  return fc.array(fc.nat({ max: maxChoice }), { maxLength }).map((choices) => Tape.of(choices));
}
