/** What a simulation can find wrong. Each ends the run in which it is found. */
import { TsyncioError } from "../base/tsyncio-error.ts";

/** Tasks run on and on, and no virtual time passes; or the run takes more steps than it may. */
export class Livelock extends TsyncioError {
  static readonly code = "TSY_LIVELOCK";

  constructor(found: string, advice: string, tree: string) {
    super(Livelock.code, `${found}. ${advice}\n${tree}`);
  }
}

/** A background task was alive when the body of the simulation had ended. */
export class LeakedTask extends TsyncioError {
  static readonly code = "TSY_LEAKED_TASK";

  constructor(tree: string) {
    super(
      LeakedTask.code,
      `the body has ended, and background tasks live on. End what started them, or, where they are meant to be ended with ` +
        `the program, simulate with { background: "cancel" }.\n${tree}`,
    );
  }
}

/** The check of an invariant returned `false`. */
export class BrokenInvariant extends TsyncioError {
  static readonly code = "TSY_BROKEN_INVARIANT";

  constructor(name: string) {
    super(
      BrokenInvariant.code,
      `${name === "" ? "an invariant" : `the invariant "${name}"`} does not hold. Throw an error in its place, to say what is wrong.`,
    );
  }
}

/** A scope was left while work that it had begun was still waiting. `currentRuntime().log` says the same in production. */
export class StrayWork extends TsyncioError {
  static readonly code = "TSY_STRAY_WORK";

  constructor(report: string) {
    super(StrayWork.code, report);
  }
}

const SOCKETS =
  /^(node:(net|tls|dgram|http|https|http2|dns\S*)|Bun (connect|listen|udpSocket)|Deno (connect|listen))/;

function inPlaceOf(what: string): string {
  return SOCKETS.test(what)
    ? `Use connect, listen and bindUdp of tsyncio/io, for which a simulation has a network`
    : `Hand the program a double that waits on tsyncio`;
}

/** Code inside a simulation reached for the real world: a socket, a file, a process, another thread. */
export class RealIo extends TsyncioError {
  static readonly code = "TSY_REAL_IO";

  constructor(what: string, scope: string) {
    super(
      RealIo.code,
      `${what} was called in ${scope}, inside a simulation. What really happens outside comes at a time that nobody can replay. ` +
        `${inPlaceOf(what)}, or do this before the simulation.`,
    );
  }
}

/** What a simulation throws at a wait, and the reason with which it cancels, where faults are asked for. */
export class InjectedFault extends TsyncioError {
  static readonly code = "TSY_INJECTED_FAULT";

  constructor(what: string) {
    super(InjectedFault.code, `${what}. The simulation did this on purpose: a program must survive it.`);
  }
}

/** A simulated host has crashed: no code of it goes on. */
export class HostCrashed extends TsyncioError {
  static readonly code = "TSY_HOST_CRASHED";
  readonly host: string;

  constructor(host: string) {
    super(
      HostCrashed.code,
      `host "${host}" has crashed. Nothing of what ran on it goes on, and its memory is gone; call run() again to start it anew.`,
    );
    this.host = host;
  }
}

/** Something of the program is still alive where nothing should be. */
export class StillAlive extends TsyncioError {
  static readonly code = "TSY_STILL_ALIVE";

  constructor(tree: string) {
    super(
      StillAlive.code,
      `tasks, scopes or waits are alive besides the code that asked. Join or cancel what began them first.\n${tree}`,
    );
  }
}

/** An operation in a cancelled scope went through, so that a loop around it could never be stopped. */
export class NoCancellationPoint extends TsyncioError {
  static readonly code = "TSY_NO_CANCELLATION_POINT";

  constructor(operation: string, result: string) {
    super(
      NoCancellationPoint.code,
      `${operation} in a cancelled scope ${result}, where it must throw that scope's Cancelled. Begin it with a wait of the library: ` +
        `await checkpoint() where there is nothing to wait for.`,
    );
  }
}

/** The order that a `Sequencer` was to force cannot come about. */
export class BrokenSequence extends TsyncioError {
  static readonly code = "TSY_BROKEN_SEQUENCE";

  constructor(message: string) {
    super(BrokenSequence.code, message);
  }
}

/** The same choices led to two different courses: something decides that the simulation does not govern. */
export class Nondeterminism extends TsyncioError {
  static readonly code = "TSY_NONDETERMINISM";

  constructor(step: number, first: string, second: string, options?: ErrorOptions) {
    super(
      Nondeterminism.code,
      `the program took two courses under the same schedule. At step ${step} it was first\n  ${first}\nand then\n  ${second}\n` +
        `Something decides that the simulation does not govern. The usual cause is state that outlives a run, in a variable outside ` +
        `the body: make it inside. Others are a timer or promise from outside the simulation, a function that was kept before it, named imports of node: ` +
        `modules under Bun and Deno, and garbage collection.`,
      options,
    );
  }
}

/** A tape was made by another program, or by another version of this one. */
export class TapeMismatch extends TsyncioError {
  static readonly code = "TSY_TAPE_MISMATCH";

  constructor(difference: string) {
    super(
      TapeMismatch.code,
      `the tape belongs to another program, or to another version of this one: ${difference}. If you changed the program to mend ` +
        `what the tape showed, take the tape away and let the simulation search anew.`,
    );
  }
}

/** `simulate` was called inside a simulation. */
export class NestedSimulation extends TsyncioError {
  static readonly code = "TSY_NESTED_SIMULATION";

  constructor(scope: string) {
    super(
      NestedSimulation.code,
      `a simulation was started inside another one (in ${scope}). Call its body directly.`,
    );
  }
}
