/** Threads of the platform: `node:worker_threads`, which Node, Bun and Deno have. */
import { availableParallelism } from "node:os";
import { Worker, type Transferable } from "node:worker_threads";
import type {
  ThreadEnd,
  ThreadEvents,
  ThreadHandle,
  ThreadPlatform,
  ThreadSetup,
} from "../../threads/platform.ts";

/** Both written out: bundlers look for an address of this form. */
const entry = import.meta.url.endsWith(".ts")
  ? new URL("./thread-main.ts", import.meta.url)
  : new URL("./thread-main.js", import.meta.url);

class WorkerHandle implements ThreadHandle {
  readonly #worker: Worker;
  #error: { readonly error: unknown } | null = null;

  constructor({ name, marks, modules, maxHeapMb }: ThreadSetup, events: ThreadEvents) {
    const worker = new Worker(entry, {
      name,
      workerData: { marks, modules },
      ...(maxHeapMb === Infinity ? {} : { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } }),
    });
    this.#worker = worker;
    worker.on("message", (message) => events.message(message));
    // What cannot be read was an answer to somebody, who would wait for ever.
    worker.on("messageerror", (error) => {
      this.#error ??= { error };
      this.terminate();
    });
    worker.on("error", (error: unknown) => {
      this.#error ??= { error };
    });
    worker.on("exit", (exitCode) => events.ended(this.#end(exitCode)));
  }

  post(message: unknown, moved: readonly object[]): void {
    this.#worker.postMessage(message, moved as readonly Transferable[]);
  }

  keepAlive(yes: boolean): void {
    if (yes) this.#worker.ref();
    else this.#worker.unref();
  }

  terminate(): void {
    void this.#worker.terminate();
  }

  #end(exitCode: number): ThreadEnd {
    const error = this.#error?.error;
    const code = (error as { code?: unknown } | undefined)?.code;
    return { error, exitCode, isOutOfMemory: code === "ERR_WORKER_OUT_OF_MEMORY" };
  }
}

export const workerThreads: ThreadPlatform = {
  get parallelism() {
    return availableParallelism();
  },
  start: (setup, events) => new WorkerHandle(setup, events),
};
