/** Acts out what `happy-eyeballs.ts` decides: the attempts, the clock, and the one who waits. */
import { currentScope, storage } from "../../kernel/current.ts";
import { park } from "../../kernel/park.ts";
import { inRoot } from "../../kernel/root-context.ts";
import type { Scope } from "../../kernel/scope.ts";
import { TimedCall } from "../../kernel/timers.ts";
import type { Transport } from "../stream/transport.ts";
import { newRace, raceStep, type RaceAction, type RaceEvent, type RaceState } from "./happy-eyeballs.ts";
import type { Begin, ResolvedAddress } from "./network.ts";

/** What an address race needs to know. */
export interface RacePlan {
  /** At least one. */
  readonly addresses: readonly ResolvedAddress[];
  readonly delayMs: number;
  readonly connect: (address: ResolvedAddress) => Begin<Transport>;
  /** The error for when all have failed; one error for each attempt, in the order of the addresses that were tried. */
  readonly lost: (errors: readonly unknown[], tried: readonly ResolvedAddress[]) => unknown;
}

/**
 * The first connection of several attempts.
 *
 * Cancel safety: when it is cancelled, all attempts are called off; a connection that is there is delivered.
 */
export function raceAddresses(label: string, plan: RacePlan): Promise<Transport> {
  const scope = currentScope();
  return park(label, (wake, fail) => {
    const race = new AddressRace(scope, plan, wake, fail);
    inRoot(() => race.feed({ kind: "started" }));
    return () => inRoot(() => race.stop());
  });
}

class AddressRace {
  readonly #scope: Scope;
  readonly #plan: RacePlan;
  readonly #state: RaceState;
  readonly #wake: (transport: Transport) => void;
  readonly #fail: (error: unknown) => void;
  readonly #stops: Map<number, () => void> = new Map();
  readonly #connected: Map<number, Transport> = new Map();
  readonly #timer: TimedCall;

  constructor(
    scope: Scope,
    plan: RacePlan,
    wake: (transport: Transport) => void,
    fail: (error: unknown) => void,
  ) {
    this.#scope = scope;
    this.#plan = plan;
    this.#state = newRace(plan.addresses, plan.delayMs);
    this.#wake = wake;
    this.#fail = fail;
    this.#timer = new TimedCall(() => inRoot(() => this.feed({ kind: "woken" })), scope.keepsAlive);
  }

  feed(event: RaceEvent): void {
    const { engine } = this.#scope;
    const actions = raceStep(this.#state, event, engine.host.now());
    if (this.#state.isOver) engine.timers.remove(this.#timer);
    for (const action of actions) this.#act(action);
  }

  /** The one who waits has been cancelled. */
  stop(): void {
    this.#state.isOver = true;
    this.#scope.engine.timers.remove(this.#timer);
    for (const attempt of this.#state.running) this.#close(attempt);
    this.#state.running.clear();
  }

  #act(action: RaceAction): void {
    switch (action.kind) {
      case "attempt":
        this.#attempt(action.attempt);
        break;
      case "wakeAt":
        this.#scope.engine.timers.remove(this.#timer);
        this.#scope.engine.timers.add(this.#timer, action.at);
        break;
      case "close":
        this.#close(action.attempt);
        break;
      case "won":
        this.#wake(this.#connected.get(action.attempt) as Transport);
        break;
      case "lost":
        this.#fail(this.#plan.lost(action.errors, this.#state.addresses));
        break;
    }
  }

  /** Some platforms throw at once what others tell later: it counts as told later. */
  #attempt(attempt: number): void {
    try {
      this.#begin(attempt);
    } catch (error) {
      const failed = (): void => this.feed({ kind: "failed", attempt, error });
      inRoot(() => this.#scope.engine.host.microtask(failed));
    }
  }

  #begin(attempt: number): void {
    const address = this.#state.addresses[attempt] as ResolvedAddress;
    // In the scope of the one who waits, whose runtime the network may have to know.
    const begin = storage.run(this.#scope, () => this.#plan.connect(address));
    const stop = begin(
      (transport) => {
        this.#stops.delete(attempt);
        this.#connected.set(attempt, transport);
        this.feed({ kind: "connected", attempt });
      },
      (error) => {
        this.#stops.delete(attempt);
        this.feed({ kind: "failed", attempt, error });
      },
    );
    this.#stops.set(attempt, stop);
  }

  #close(attempt: number): void {
    this.#stops.get(attempt)?.();
    this.#stops.delete(attempt);
    this.#connected.get(attempt)?.destroy(false);
  }
}
