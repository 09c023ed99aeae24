/**
 * Which of several addresses to connect to, and when: RFC 8305, as a synchronous step.
 *
 * Attempts are started one after the other, a little apart, and run side by side; the first that connects is kept. A failure starts the
 * next at once. Families take turns, so that a machine whose IPv6 leads nowhere loses one delay, not one for each address.
 *
 * States:  racing -> won or lost. In both of the latter there is no attempt left but the winner.
 *
 * Rejected: to ask for the families separately, with the 50 ms that IPv4 waits for IPv6 then. The resolver of the platform gives both in
 * one answer, in the order of RFC 6724.
 */
import type { ResolvedAddress } from "./network.ts";

/** An attempt goes by the place of its address in the list. */
export type RaceEvent =
  | { readonly kind: "started" }
  /** The instant that `wakeAt` asked for has come. */
  | { readonly kind: "woken" }
  | { readonly kind: "connected"; readonly attempt: number }
  | { readonly kind: "failed"; readonly attempt: number; readonly error: unknown };

export type RaceAction =
  | { readonly kind: "attempt"; readonly attempt: number }
  /** Send `woken` at this instant, and not at one that was asked for before. */
  | { readonly kind: "wakeAt"; readonly at: number }
  /** Call the attempt off, or close its connection. */
  | { readonly kind: "close"; readonly attempt: number }
  | { readonly kind: "won"; readonly attempt: number }
  /** All have failed; the errors are in the order of the attempts. */
  | { readonly kind: "lost"; readonly errors: readonly unknown[] };

export interface RaceState {
  readonly addresses: readonly ResolvedAddress[];
  readonly delayMs: number;
  /** How many attempts were started. */
  begun: number;
  readonly running: Set<number>;
  readonly errors: Map<number, unknown>;
  nextAt: number;
  isOver: boolean;
}

/** A race for `addresses`, of which there is at least one, in the order of the resolver. */
export function newRace(addresses: readonly ResolvedAddress[], delayMs: number): RaceState {
  return {
    addresses: interleaved(addresses),
    delayMs,
    begun: 0,
    running: new Set(),
    errors: new Map(),
    nextAt: Infinity,
    isOver: false,
  };
}

/** Families take turns, that of the first address first; within a family the order stays. */
export function interleaved(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const second = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const turns: ResolvedAddress[] = [];
  for (let i = 0; i < Math.max(first.length, second.length); i++)
    turns.push(...first.slice(i, i + 1), ...second.slice(i, i + 1));
  return turns;
}

/** What to do next. Pure but for `state`, which only this function changes. */
export function raceStep(state: RaceState, event: RaceEvent, now: number): RaceAction[] {
  switch (event.kind) {
    case "started":
      return startNext(state, now);
    case "woken":
      return state.isOver || now < state.nextAt ? [] : startNext(state, now);
    case "connected":
      return connected(state, event.attempt);
    case "failed":
      return failed(state, event, now);
  }
}

function startNext(state: RaceState, now: number): RaceAction[] {
  const attempt = state.begun++;
  const actions: RaceAction[] = [{ kind: "attempt", attempt }];
  state.running.add(attempt);
  state.nextAt = Infinity;
  if (state.begun < state.addresses.length) {
    state.nextAt = now + state.delayMs;
    if (state.nextAt < Infinity) actions.push({ kind: "wakeAt", at: state.nextAt });
  }
  return actions;
}

/** A connection that comes when another one has won was on its way while it was called off. */
function connected(state: RaceState, attempt: number): RaceAction[] {
  if (state.isOver || !state.running.delete(attempt)) return [{ kind: "close", attempt }];
  state.isOver = true;
  const losers = [...state.running];
  state.running.clear();
  return [
    ...losers.map((loser): RaceAction => ({ kind: "close", attempt: loser })),
    { kind: "won", attempt },
  ];
}

function failed(
  state: RaceState,
  { attempt, error }: { readonly attempt: number; readonly error: unknown },
  now: number,
): RaceAction[] {
  if (state.isOver || !state.running.delete(attempt)) return [];
  state.errors.set(attempt, error);
  if (state.begun < state.addresses.length) return startNext(state, now);
  if (state.running.size > 0) return [];
  state.isOver = true;
  const errors = [...state.errors].sort(([a], [b]) => a - b).map(([, each]) => each);
  return [{ kind: "lost", errors }];
}
