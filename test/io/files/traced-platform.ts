/** The real platform, with every call seen: what it opened, what it works on, and a hook that fails a call or cancels in its middle. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFiles } from "../../../src/host/files/file-platform.ts";
import { withCancelScope } from "../../../src/index.ts";
import { installFilePlatform, type Done, type FilePlatform } from "../../../src/io/files/platform.ts";

const calls = (
  "open close read write describe describePath truncate sync setPermissions syncDirectory rename remove removeTree " +
  "makeTemporaryDirectory resolve list"
).split(" ") as (keyof FilePlatform)[];

type Call = (...args: unknown[]) => void;

export class TracedPlatform {
  /** The names of the calls, in their order. */
  readonly calls: string[] = [];
  /** Descriptors that are open. */
  readonly open: Set<number> = new Set();
  /** Called with each call and its place in the order. What it returns is the call's error. */
  hook: (name: string, place: number) => unknown = () => null;
  /** Called when the call has begun. */
  begun: (name: string, place: number) => void = () => {};
  #inFlight = 0;
  #whenIdle: (() => void)[] = [];

  /** Settles when the platform works on nothing. */
  async idle(): Promise<void> {
    while (this.#inFlight > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  get platform(): FilePlatform {
    const platform = { ...nodeFiles } as unknown as Record<string, Call>;
    for (const name of calls) platform[name] = (...args) => this.#call(name, args);
    return platform as unknown as FilePlatform;
  }

  #call(name: keyof FilePlatform, args: unknown[]): void {
    const place = this.calls.push(name) - 1;
    const done = args.pop() as Done<unknown>;
    const error = this.hook(name, place);
    this.#inFlight++;
    const ended: Done<unknown> = (failure, value) => {
      if (name === "open" && !failure) this.open.add(value as number);
      if (name === "close") this.open.delete(args[0] as number);
      done(failure, value);
      if (--this.#inFlight === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    };
    // A descriptor is gone also when its closing has failed.
    if (error && name === "close") nodeFiles.close(args[0] as number, () => ended(error, undefined));
    else if (error) setImmediate(() => ended(error, undefined));
    else (nodeFiles[name] as Call)(...args, ended);
    this.begun(name, place);
  }
}

/** Runs `body` on a traced platform, in a directory of its own. Nothing may be open afterwards. */
export async function traced<T>(
  body: (trace: TracedPlatform, directory: string) => T | PromiseLike<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "tsyncio-test-"));
  const trace = new TracedPlatform();
  installFilePlatform(trace.platform);
  try {
    const value = await body(trace, directory);
    await trace.idle();
    assert.deepEqual([...trace.open], [], "descriptors are open");
    assert.deepEqual(openBelow(directory), []);
    return value;
  } finally {
    installFilePlatform(nodeFiles);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The files below a directory that this process has open; none where the platform does not say. */
export function openBelow(directory: string): string[] {
  if (!existsSync("/proc/self/fd")) return [];
  return readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${name}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      return [];
    }
  });
}

export interface Attempt {
  /** The place of the call at which it happened; -1 before the first. */
  readonly place: number;
  readonly name: string;
  readonly how: "cancelled before" | "cancelled during" | "failed";
  readonly trace: TracedPlatform;
  readonly directory: string;
  /** What it ended with. */
  readonly outcome: "value" | "cancelled" | "error";
  readonly error: unknown;
}

/**
 * Runs `operation` again and again: cancelled before it begins, cancelled right after each of its calls of the platform has begun, and with
 * each of its calls failing. `check` looks at what each run has left behind.
 */
export async function everyCall(
  prepare: (directory: string) => unknown,
  operation: (directory: string) => Promise<unknown>,
  check: (attempt: Attempt) => unknown,
): Promise<void> {
  for (const how of ["cancelled before", "cancelled during", "failed"] as const) {
    for (let place = 0; place < 100; place++) {
      const reached = await traced(async (trace, directory) => {
        await prepare(directory);
        const outcome = await attempt(how, place, trace, () => operation(directory));
        await trace.idle();
        const name = how === "cancelled before" ? "" : (trace.calls[place] ?? "");
        if (how !== "cancelled before" && trace.calls.length <= place) {
          assert.deepEqual(outcome, { outcome: "value", error: null });
          return false;
        }
        try {
          await check({ place, name, how, trace, directory, ...outcome });
        } catch (error) {
          throw new Error(
            `${how} at call ${place} (${name}) of ${trace.calls.join(" ")}: ${String(error)}`,
            {
              cause: error,
            },
          );
        }
        return how !== "cancelled before";
      });
      if (!reached) break;
    }
  }
}

async function attempt(
  how: Attempt["how"],
  place: number,
  trace: TracedPlatform,
  operation: () => Promise<unknown>,
): Promise<Pick<Attempt, "outcome" | "error">> {
  let outcome: Attempt["outcome"] = "cancelled";
  let failure: unknown = null;
  await withCancelScope(async (scope) => {
    if (how === "cancelled before") scope.cancel();
    if (how === "cancelled during") trace.begun = (_, at) => at === place && scope.cancel();
    if (how === "failed") trace.hook = (_, at) => (at === place ? ioError() : null);
    try {
      await operation();
      outcome = "value";
    } catch (error) {
      if (scope.cancelRequested && (error as { code?: string }).code === "TSY_CANCELLED") throw error;
      outcome = "error";
      failure = error;
    }
  });
  return { outcome, error: failure };
}

export function ioError(): Error {
  return Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
}
