/**
 * The host of a real process: Node, Bun or Deno. All three offer the same globals for what the kernel needs; `process` comes from
 * `node:process`, which they share as well.
 */
import process from "node:process";
import { performance } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import type { Host, HostProcess, HostTimer, Signal } from "../kernel/host.ts";

const clock = performance.now.bind(performance);

class PlatformTimer implements HostTimer {
  readonly #timer: NodeJS.Timeout;

  constructor(callback: () => void, ms: number) {
    this.#timer = setTimeout(callback, ms);
  }

  keepAlive(yes: boolean): void {
    if (yes) this.#timer.ref();
    else this.#timer.unref();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}

class PlatformProcess implements HostProcess {
  onSignal(listener: (signal: Signal) => void): () => void {
    const heard = (signal: NodeJS.Signals): void => listener(signal as Signal);
    process.on("SIGINT", heard).on("SIGTERM", heard);
    return () => process.off("SIGINT", heard).off("SIGTERM", heard);
  }

  onIdleExit(listener: () => void): () => void {
    process.on("beforeExit", listener);
    return () => process.off("beforeExit", listener);
  }

  setExitCode(code: number): void {
    process.exitCode = code;
  }

  exit(code: number): void {
    process.exit(code);
  }
}

export class PlatformHost implements Host {
  readonly process: HostProcess | undefined = isMainThread ? new PlatformProcess() : undefined;

  readonly now: () => number = clock;

  wallNow(): number {
    return Date.now();
  }

  setTimer(callback: () => void, ms: number): HostTimer {
    return new PlatformTimer(callback, ms);
  }

  nextTurn(callback: () => void): void {
    setImmediate(callback);
  }

  microtask(callback: () => void): void {
    queueMicrotask(callback);
  }

  random(): number {
    return Math.random();
  }

  reportUncaught(error: unknown): void {
    queueMicrotask(() => {
      throw error;
    });
  }

  warn(line: string): void {
    process.stderr.write(`tsyncio: ${line}\n`);
  }

  utilisation(): number {
    return performance.eventLoopUtilization?.().utilization ?? Number.NaN;
  }
}
