import type { Host } from "../kernel/host.ts";
import type { Observed } from "../kernel/instrument.ts";
import { Turn } from "../kernel/turn.ts";

/** In which order woken tasks go on: as they do in production, or one at a time as a guide chooses. */
export type WakeOrder = "production" | "one at a time";

/** What the turn of a run needs of the run. */
export interface TurnRun {
  readonly order: WakeOrder;
  /** An operation of `who` has its result. A fault may strike now. */
  operationEnded(who: Observed): void;
  /** `go` hands `who` the result when its time comes. */
  ready(go: () => void, who: Observed): void;
}

/**
 * The turn of a simulated runtime. In production order it is an ordinary one. Otherwise no operation completes at once: each result
 * goes to the ready list, from where the driver lets one task at a time go on. What is deferred on nobody's behalf (`callSoon`,
 * `sleep(0)`) comes in the next turn, in its order, as ever.
 */
export class SimulatedTurn extends Turn {
  readonly #run: TurnRun;
  readonly #oneAtATime: boolean;
  /** How many callbacks wait for the next turn. */
  deferred = 0;

  constructor(host: Host, run: TurnRun) {
    super(host);
    this.#run = run;
    this.#oneAtATime = run.order === "one at a time";
  }

  override spend(who?: Observed): boolean {
    if (who === undefined) return super.spend();
    this.#run.operationEnded(who);
    return this.#oneAtATime || super.spend();
  }

  override interrupted(resolve: (value: never) => void, rejection: Promise<never>, who: Observed): void {
    if (this.#oneAtATime) this.#run.ready(() => resolve(rejection as never), who);
    else super.interrupted(resolve, rejection, who);
  }

  override defer(callback: () => void, who?: Observed): void {
    if (who !== undefined && this.#oneAtATime) {
      this.#run.ready(callback, who);
      return;
    }
    this.deferred++;
    super.defer(() => {
      this.deferred--;
      callback();
    });
  }
}
