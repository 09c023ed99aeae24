import { show } from "../base/check.ts";
import { TsyncioError } from "../base/tsyncio-error.ts";

/**
 * A thread ended while it held a call: by an error that nothing caught, by `process.exit`, or because it was terminated. Or threads ended
 * again and again before they began it, or none could be started.
 */
export class ThreadCrashed extends TsyncioError {
  static readonly code = "TSY_THREAD_CRASHED";

  constructor(what: string, how: string, cause: unknown) {
    super(
      ThreadCrashed.code,
      `${what} has no result: ${how}.`,
      cause === undefined ? undefined : { cause },
    );
  }
}

/** A thread reached its memory limit while it held a call. */
export class ThreadOutOfMemory extends TsyncioError {
  static readonly code = "TSY_THREAD_OUT_OF_MEMORY";

  constructor(what: string, thread: string, maxHeapMb: number, cause: unknown) {
    const limit = maxHeapMb === Infinity ? "the platform's limit" : `maxHeapMb: ${maxHeapMb}`;
    super(
      ThreadOutOfMemory.code,
      `${what} has no result: ${thread} ran out of memory (${limit}). The thread has been replaced. ` +
        `Give it smaller pieces of work, or raise maxHeapMb of the ThreadPool.`,
      cause === undefined ? undefined : { cause },
    );
  }
}

/** An argument, a result or a context value cannot be copied from one thread to another. */
export class NotCloneable extends TsyncioError {
  static readonly code = "TSY_NOT_CLONEABLE";

  constructor(what: string, value: unknown, cause: unknown) {
    super(
      NotCloneable.code,
      `${what} cannot be sent to another thread: it is, or holds, something that cannot be cloned (${show(value)}). ` +
        `Send plain data: objects, arrays, maps, buffers. Functions, class instances with methods, streams and sockets stay where they are.`,
      { cause },
    );
  }
}

/** The module of `importThread` could not be loaded in a thread. */
export class ModuleNotLoaded extends TsyncioError {
  static readonly code = "TSY_MODULE_NOT_LOADED";

  constructor(module: string, cause: unknown) {
    super(
      ModuleNotLoaded.code,
      `the module ${module} could not be loaded in a thread: ${show(cause)}. ` +
        `Give importThread its address: new URL("./work.ts", import.meta.url).`,
      { cause },
    );
  }
}

/** The module of `importThread` has no function of that name. */
export class NoSuchExport extends TsyncioError {
  static readonly code = "TSY_NO_SUCH_EXPORT";

  constructor(module: string, name: string, found: unknown, exported: readonly string[]) {
    const is = found === undefined ? "is not exported" : `is ${show(found)}, not a function`;
    const list = exported.length === 0 ? "no functions" : exported.slice(0, 20).join(", ");
    super(NoSuchExport.code, `"${name}" ${is} in ${module}. It exports ${list}.`);
  }
}
