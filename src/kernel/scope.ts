/**
 * A scope: one node of the tree along which cancellation and deadlines run.
 *
 * A task is a scope; so is the body of a group, of a time limit, of a shield. The ambient store holds the current one.
 * This file is the data and its links. Marking is in `cancel.ts`, waiting in `park.ts`, leaving in `leave.ts`.
 *
 * States:  open -> (cancelled) -> ended.      `blocked` is null in the first, and what refuses each wait in the others.
 *
 * Invariants
 * - `blocked` is that of the outermost cancelled scope between here and the nearest shield above (law 9), or `ENDED`.
 * - A scope stands in the child list of `parent` from its creation until it has ended; its waits stand in `firstWait`.
 * - An ended scope has neither waits nor children.
 *
 * Fields are plain, not `#private`: another installed copy of the package with the same protocol number works on them.
 * Fields that few scopes use are in `rare`, made when first needed: a sleeping task must fit in 300 bytes.
 */
import type { Engine } from "./engine.ts";
import type { Cancelled } from "./errors.ts";
import type { Observed } from "./instrument.ts";

/** One binding of a `ContextVar`, and the older ones. The list is immutable; a scope holds a pointer to its head. */
export interface ContextEntry {
  readonly variable: object;
  readonly value: unknown;
  readonly next: ContextEntry | null;
}

/** Why waits in a scope are refused, and the one rejected and handled promise that all of them return. */
export interface Blocked {
  /** Null when the scope has ended. */
  readonly error: Cancelled | null;
  readonly rejection: Promise<never> | null;
}

/** A wait that stands in a scope's list. */
export interface Parked {
  previous: Parked | null;
  next: Parked | null;
  readonly since: number;
  readonly label: string;
  /** The scope was cancelled: give the wait up, unless it is a firm one. */
  interrupt(blocked: Blocked, after: AfterMark): void;
}

/** What a cancellation has to do once everything is marked (law 10). */
export interface AfterMark {
  readonly signals: Scope[];
  readonly notices: Array<() => void>;
}

/** A deadline or the end of a shield, as far as the tree must know it. */
export interface Limit {
  /** The instant, by the runtime's clock. */
  readonly at: number;
  disarm(): void;
}

/** How a scope answers to the cancellation of its parent. */
export interface Shield {
  /** Called when the parent is cancelled, or is already when the scope is opened. */
  parentCancelled(): void;
}

export const ENDED: Blocked = { error: null, rejection: null };

export const IS_TASK = 1;
export const IS_SERVICE = 2;
export const HAS_ENDED = 4;
/** Its timers do not keep the process alive: services, background work, and all below them. */
export const IS_QUIET = 8;
/** Its function has returned, and it waits for what is left inside. */
export const IS_DRAINING = 16;
/** A task before it said `ready`: it is in its caller's scope, and counts for no group. */
export const IS_STARTING = 32;
/** Several things in it were cancelled together: one of them may still be on its way to its clean-up when the others are done. */
export const HAD_BRANCHES = 64;

class Rare {
  limit: Limit | null = null;
  shield: Shield | null = null;
  signal: AbortController | null = null;
  /** How many waits were refused here (law 13). */
  refusals = 0;
  /** Called when a draining scope has lost its last wait and child. */
  onEmpty: (() => void) | null = null;
  onEnd: (() => void) | null = null;
  /** Where the task was spawned; under debug only. */
  createdAt: string | null = null;
}

export class Scope implements Observed {
  readonly engine: Engine;
  parent: Scope | null;
  readonly name: string;
  context: ContextEntry | null;
  flags: number;
  blocked: Blocked | null;
  /** This scope's own cancellation, whether or not it is the one that its waits throw. */
  cancelled: Cancelled | null = null;
  firstChild: Scope | null = null;
  previousSibling: Scope | null = null;
  nextSibling: Scope | null = null;
  firstWait: Parked | null = null;
  /** When it was opened or last woken: whole milliseconds of the runtime's clock. */
  stamp: number;
  rare: Rare | null = null;

  constructor(
    engine: Engine,
    parent: Scope | null,
    name: string,
    context: ContextEntry | null,
    flags: number,
  ) {
    this.engine = engine;
    this.parent = parent;
    this.name = name;
    this.context = context;
    this.flags = parent === null ? flags : flags | (parent.flags & IS_QUIET);
    this.blocked = null;
    this.stamp = engine.turn.stamp;
    if (parent !== null) {
      this.blocked = parent.blocked;
      parent.link(this);
    }
  }

  get path(): string {
    const names: string[] = [];
    for (let scope: Scope | null = this; scope !== null && names.length < 8; scope = scope.parent) {
      if (scope.parent !== null || names.length === 0) names.unshift(scope.name);
    }
    return names.join(" > ");
  }

  get isTask(): boolean {
    return (this.flags & IS_TASK) !== 0;
  }

  get hasEnded(): boolean {
    return (this.flags & HAS_ENDED) !== 0;
  }

  /** Whether its timers keep the process alive, as those of ordinary tasks do. */
  get keepsAlive(): boolean {
    return (this.flags & IS_QUIET) === 0;
  }

  /** Nothing is parked in it and every scope inside has been left. */
  get isEmpty(): boolean {
    return this.firstWait === null && this.firstChild === null;
  }

  /** Nothing is left in it, nor can come up any more: its function has ended, and no branch of it is on its way. */
  get isQuiescent(): boolean {
    return this.isEmpty && (this.flags & HAD_BRANCHES) === 0;
  }

  get rarely(): Rare {
    return (this.rare ??= new Rare());
  }

  /** Adds a child at the end. The head's `previousSibling` is the tail, so that children stand in their order. */
  link(child: Scope): void {
    const head = this.firstChild;
    if (head === null) {
      this.firstChild = child;
      child.previousSibling = child;
      return;
    }
    const tail = head.previousSibling!;
    tail.nextSibling = child;
    child.previousSibling = tail;
    head.previousSibling = child;
  }

  unlink(child: Scope): void {
    const head = this.firstChild!;
    const { previousSibling: before, nextSibling: after } = child;
    if (child === head) this.firstChild = after;
    else before!.nextSibling = after;
    if (after !== null) after.previousSibling = before;
    else if (child !== head) head.previousSibling = before;
    child.previousSibling = null;
    child.nextSibling = null;
    if ((this.flags & IS_DRAINING) !== 0 && this.isEmpty) this.rare?.onEmpty?.();
  }

  addWait(wait: Parked): void {
    wait.next = this.firstWait;
    if (this.firstWait !== null) this.firstWait.previous = wait;
    this.firstWait = wait;
  }

  removeWait(wait: Parked): void {
    if (wait.previous === null) this.firstWait = wait.next;
    else wait.previous.next = wait.next;
    if (wait.next !== null) wait.next.previous = wait.previous;
    wait.previous = null;
    wait.next = null;
    if ((this.flags & IS_DRAINING) !== 0 && this.isEmpty) this.rare?.onEmpty?.();
  }

  /** Whether `this` is `scope` or stands above it. */
  encloses(scope: Scope): boolean {
    for (let inner: Scope | null = scope; inner !== null; inner = inner.parent)
      if (inner === this) return true;
    return false;
  }

  /** The task to which code in this scope belongs; the outermost scope where there is none. */
  get task(): Scope {
    let scope: Scope = this;
    while (!scope.isTask && scope.parent !== null) scope = scope.parent;
    return scope;
  }

  /** Called by a task of this scope when it has ended. Groups override it. */
  childEnded(_task: Scope): void {}
}
