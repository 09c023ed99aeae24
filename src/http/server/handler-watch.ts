import type { TaskScope } from "../../kernel/task.ts";
import type { ServerCore } from "./core.ts";
import type { Phase, PhaseEntry } from "./phases.ts";

/** Whose handler it is. */
interface Watched {
  /** The handler was to have ended by now, and has not. */
  abandon(): void;
}

/**
 * Watches that a handler ends in its time, once it is cancelled: nothing can make it. It costs nothing for one that has no limit and is not cancelled.
 */
export class HandlerWatch implements PhaseEntry {
  phase: Phase | null = null;
  ahead: PhaseEntry | null = null;
  behind: PhaseEntry | null = null;
  since = 0;
  readonly #core: ServerCore;
  readonly #task: TaskScope;
  readonly #watched: Watched;

  constructor(core: ServerCore, task: TaskScope, watched: Watched) {
    this.#core = core;
    this.#task = task;
    this.#watched = watched;
  }

  /** The handler begins. It will be cancelled when `handlerMs` is over. */
  began(): void {
    this.#core.phases.enter(this, this.#core.handling);
  }

  /** The handler is cancelled. Where it was before, for another reason, its time has been running since then. */
  cancelled(): void {
    const { phases, ending } = this.#core;
    if (this.phase !== ending) phases.enter(this, ending);
  }

  /** The handler has ended, or is not waited for any more. */
  stop(): void {
    this.#core.phases.leave(this);
  }

  expired(phase: Phase): void {
    // The deadline counts from the call of the handler, a phase from the beginning of that turn: it may be over first.
    if (phase === this.#core.handling || this.#task.blocked === null) this.cancelled();
    else this.#watched.abandon();
  }
}
