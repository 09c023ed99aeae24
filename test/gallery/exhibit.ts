/**
 * The gallery: small wrong programs of the kinds that are met in practice, each with its corrected version.
 *
 * It shows what a simulation finds, and that it finds nothing where there is nothing. A body keeps its state inside, since it is
 * called anew for each run; the wrong and the corrected one differ in the one function that matters.
 */
import { checkpoint } from "../../src/index.ts";
import type { FailureKind, SimulateOptions, Simulation } from "../../src/testing.ts";

export type Body = (t: Simulation) => Promise<void>;

export interface Exhibit {
  readonly name: string;
  /** What is wrong, in one sentence. */
  readonly says: string;
  /** As what the simulation reports it. */
  readonly kind: FailureKind;
  /** Whether the wrong program passes in production order, without faults: no ordinary test ever fails. */
  readonly hidden: boolean;
  readonly options?: SimulateOptions;
  readonly wrong: Body;
  readonly corrected: Body;
}

/**
 * Stands for a call of another service. In production order a call of more hops ends later than one of fewer hops, every time;
 * so an order that nothing guarantees looks guaranteed, which is what hides most of the bugs here.
 */
export async function ask(hops: number = 1): Promise<void> {
  for (let hop = 0; hop < hops; hop++) await checkpoint();
}
