import { show } from "../base/check.ts";
import { TsyncioError } from "../base/tsyncio-error.ts";

/** Something was released, waited on or notified by one who does not hold it. */
export class NotHeld extends TsyncioError {
  static readonly code = "TSY_NOT_HELD";

  constructor(message: string) {
    super(NotHeld.code, message);
  }
}

/** An owner asked a `CapacityLimiter` for a second slot. */
export class AlreadyHeld extends TsyncioError {
  static readonly code = "TSY_ALREADY_HELD";

  constructor(message: string) {
    super(AlreadyHeld.code, message);
  }
}

/** A queue is closed: it takes no more items, and has none left to give. */
export class QueueClosed extends TsyncioError {
  static readonly code = "TSY_QUEUE_CLOSED";

  constructor(operation: "put" | "get", name: string | undefined) {
    super(
      QueueClosed.code,
      operation === "put"
        ? `cannot put into ${described(name)}: it is closed. Close a queue when nothing more will be put into it.`
        : `cannot get from ${described(name)}: it is closed and empty. A "for await" loop ends instead.`,
    );
  }
}

/** `queue.done()` was called more often than items were taken. */
export class NotTaken extends TsyncioError {
  static readonly code = "TSY_NOT_TAKEN";

  constructor(name: string | undefined) {
    super(
      NotTaken.code,
      `done() of ${described(name)} was called more often than items were taken. Call it once for each item.`,
    );
  }
}

function described(name: string | undefined): string {
  return name === undefined ? "a queue" : `the queue ${show(name)}`;
}

/** A `Future` was settled a second time. */
export class FutureSettled extends TsyncioError {
  static readonly code = "TSY_FUTURE_SETTLED";

  constructor(name: string | undefined, state: string) {
    super(
      FutureSettled.code,
      `${name === undefined ? "a future" : `the future ${show(name)}`} is ${state} already. Settle a future once; send several values through a Queue.`,
    );
  }
}

/** A `Barrier` was reset or aborted under those who waited at it, or has been aborted for good. */
export class BrokenBarrier extends TsyncioError {
  static readonly code = "TSY_BROKEN_BARRIER";

  constructor(message: string) {
    super(BrokenBarrier.code, message);
  }
}

/** A resource was used after it had been closed or disposed of. */
export class Disposed extends TsyncioError {
  static readonly code = "TSY_DISPOSED";

  constructor(message: string) {
    super(Disposed.code, message);
  }
}
