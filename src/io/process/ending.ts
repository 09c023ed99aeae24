/**
 * How a process group is brought to its end: a decision a step, without clock or platform (`now` comes in).
 *
 * States:  living -> terminating (asked to end, by SIGTERM) -> killing (the grace period is over, SIGKILL) -> gone.
 *          A group that is found empty once its leader was reaped is gone, from any of them.
 *
 * Invariants
 * - Nothing is sent to a group that is gone: its number may belong to another one from then on. While a group has a process in it,
 *   or a leader that was not reaped, its number cannot be given away.
 * - SIGCONT follows SIGTERM: a stopped process takes notice of nothing but SIGKILL, and may end as it likes once it runs.
 * - Every state but `living` and `gone` has a timer armed. The end of the leader is told to us; that of the others is looked for, at
 *   ever longer intervals, since nobody tells.
 * - `killing` is bounded: a process that the kernel holds on to, or one with the rights of somebody else, is given up and reported.
 *
 * Rejected: ending the processes one by one. A group can be signalled at once, also while its members fork.
 */

export type Phase = "living" | "terminating" | "killing" | "gone";

export interface GroupState {
  readonly phase: Phase;
  /** When the present phase is over, at the latest. */
  readonly until: number;
  /** The time between two looks at those that the leader left behind. */
  readonly pauseMs: number;
}

/** `ask`: somebody wants it to end. `exit`: the leader was reaped. `due`: the armed timer has fired. */
export type GroupEvent = "ask" | "exit" | "due";

/** What is known when an event comes. */
export interface Look {
  readonly now: number;
  /** Whether the leader was reaped. */
  readonly isReaped: boolean;
  /** Whether a process is left in the group. */
  readonly isPopulated: boolean;
  /** How long it may take to end by itself. */
  readonly graceMs: number;
}

export interface Step {
  readonly state: GroupState;
  readonly signals: readonly string[];
  /** When to look again; null where no timer is needed any more. */
  readonly wakeAt: number | null;
  /** It was killed and is still there: somebody should know. */
  readonly isGivenUp: boolean;
}

export const LIVING: GroupState = { phase: "living", until: Infinity, pauseMs: 1 };

/** How long a killed group may take to disappear before it is given up. */
const KILLED_MS = 5_000;
/** The longest time between two looks. */
const LONGEST_PAUSE_MS = 50;

/** What happens next. */
export function step(state: GroupState, event: GroupEvent, look: Look): Step {
  if (state.phase === "gone" || (look.isReaped && !look.isPopulated)) return ended(false);
  if (state.phase === "living") return event === "ask" ? terminate(look) : stay(state);
  const isOver = look.now >= state.until;
  if (state.phase === "terminating") {
    if (isOver) return kill(look);
    return wait(event === "due" ? slower(state) : state, look, []);
  }
  if (isOver) return ended(true);
  return wait(event === "due" ? slower(state) : state, look, ["SIGKILL"]);
}

function terminate(look: Look): Step {
  if (look.graceMs === 0) return kill(look);
  const state: GroupState = { phase: "terminating", until: look.now + look.graceMs, pauseMs: 1 };
  return wait(state, look, ["SIGTERM", "SIGCONT"]);
}

function kill(look: Look): Step {
  return wait({ phase: "killing", until: look.now + KILLED_MS, pauseMs: 1 }, look, ["SIGKILL"]);
}

/** While the leader lives, its end will be told. */
function wait(state: GroupState, look: Look, signals: readonly string[]): Step {
  const wakeAt = look.isReaped ? Math.min(state.until, look.now + state.pauseMs) : state.until;
  return { state, signals, wakeAt, isGivenUp: false };
}

function stay(state: GroupState): Step {
  return { state, signals: [], wakeAt: null, isGivenUp: false };
}

function slower(state: GroupState): GroupState {
  return { ...state, pauseMs: Math.min(state.pauseMs * 2, LONGEST_PAUSE_MS) };
}

function ended(isGivenUp: boolean): Step {
  const state: GroupState = { phase: "gone", until: Infinity, pauseMs: 1 };
  return { state, signals: [], wakeAt: null, isGivenUp };
}
