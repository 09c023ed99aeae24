/**
 * What a row of the table is made of.
 *
 * A case is one row of targets: an amount of work, how its result is known to be right, and the contenders that do it.
 * Each (case, contender) runs in a process of its own, which imports the case again and finds the contender by its name.
 */

/** What a contender tells about a measurement, besides doing the work. */
export interface Meter {
  /** Starts the clock anew: what came before was preparation, and its garbage is collected first. */
  start(): void;
  /** Stops the clock: what comes is clean-up. Without it the clock stops when the contender is done. */
  stop(): void;
  /** Takes the memory in use now, after a collection. What was in use before the contender began is subtracted. */
  takeMemory(): void;
}

/** Does `count` operations and returns the checksum of its case. */
export type Contender = (count: number, meter: Meter) => number | Promise<number>;

/** A contender that lives in `peers/`, because it needs a package of `bench/package.json`. */
export interface PeerContender {
  readonly kind: "peer";
  /** The file in `peers/`, and its exported function. */
  readonly file: string;
  readonly name: string;
  /** The part of the work it does, where all of it would take minutes. Its figures are per operation, as all are. */
  readonly share: number;
}

/** A contender that lives in `python/cases.py`, as the function with the name of the case. */
export interface PythonContender {
  readonly kind: "python";
  readonly loop: "asyncio" | "uvloop";
}

/** A contender that is a server, in a process that answers questions; its case measures them side by side. */
export interface ServerContender {
  readonly kind: "server";
  /** The program, and its one argument. */
  readonly file: string;
  readonly kindOfServer: string;
}

/** What runs a program: a runtime of JavaScript, Python, or the program itself, which is Go's or nginx. */
export type ProgramRuntime = "node" | "bun" | "deno" | "python" | "go" | "nginx";

/** A contender that is an HTTP server or client of any language, whose process is looked at from outside. */
export interface ProgramContender {
  readonly kind: "program";
  readonly runtime: ProgramRuntime;
  /** The program's file below bench/, and its arguments. */
  readonly file: string;
  readonly args: readonly string[];
}

export type AnyContender =
  | Contender
  | PeerContender
  | PythonContender
  | ServerContender
  | ProgramContender;

/** A figure that a process reports: nanoseconds or bytes per operation, or of the whole. */
export type Figure =
  | "time"
  | "cpu"
  | "heap"
  | "rss"
  | "rssLater"
  | "wall"
  | "peak"
  | "growth"
  | "throughput"
  | "p50"
  | "p99"
  | "capacity"
  | "goodput"
  | "share";

/** What one round of a case with `laps` gave: figures, or why there are none. */
export type Lap = ReadonlyMap<string, Partial<Record<Figure, number>> | string>;

export interface Target {
  readonly contender: string;
  readonly figure: Figure;
  /** Against which contender; `null` for an absolute limit in the figure's unit. */
  readonly against: string | null;
  /** What `limit` bounds: the figure or its ratio from above or from below, or how many times less the figure is. */
  readonly bound: "at most" | "at least" | "times better";
  readonly limit: number;
}

export interface Case {
  readonly name: string;
  readonly title: string;
  readonly count: number;
  /** What is measured; the first is the main one. */
  readonly figures: readonly Figure[];
  /** The contender to which the others are compared in the table. */
  readonly reference: string;
  readonly checksum: (count: number) => number;
  /** How often a process does the work before it measures, and how often it measures. */
  readonly warmUps: number;
  readonly repeats: number;
  /** At most so many rounds, for cases that take long. */
  readonly rounds?: number;
  readonly contenders: Readonly<Record<string, AnyContender>>;
  /** Measures contenders that are servers, all in one go: so many rounds of figures, or why one has none. */
  readonly laps?: (names: readonly string[], repeats: number) => AsyncIterable<Lap>;
  readonly targets: readonly Target[];
}

export const units: Readonly<Record<Figure, string>> = {
  time: "ns/op",
  cpu: "ns of CPU/op",
  heap: "bytes of heap/op",
  rss: "bytes of RSS/op",
  wall: "ms in all",
  peak: "MB of RSS at most",
  rssLater: "bytes of RSS/op, second half",
  growth: "MB of RSS more at most",
  throughput: "MB/s",
  p50: "ms, median",
  p99: "ms, p99",
  capacity: "answers/s, capacity",
  goodput: "answers/s at twice that",
  share: "% of capacity",
};

/** A contender in `peers/<file>.ts`. */
export function peer(file: string, name: string, share = 1): PeerContender {
  return { kind: "peer", file, name, share };
}

/** A contender whose server is `file`, started with `kindOfServer`. */
export function server(file: string, kindOfServer: string): ServerContender {
  return { kind: "server", file, kindOfServer };
}

/** A contender that is the program `file`, run by `runtime`. */
export function program(
  runtime: ProgramRuntime,
  file: string,
  ...args: readonly string[]
): ProgramContender {
  return { kind: "program", runtime, file, args };
}

export const asyncio: PythonContender = { kind: "python", loop: "asyncio" };
export const uvloop: PythonContender = { kind: "python", loop: "uvloop" };

/** A target on the time of `contender`. */
export function atMost(
  ratio: number,
  against: string,
  contender = "tsyncio",
  figure: Figure = "time",
): Target {
  return { contender, figure, against, bound: "at most", limit: ratio };
}

/** A target on the CPU time of `contender`: so many times less of it than `against` takes. */
export function timesBetter(times: number, against: string, contender = "tsyncio"): Target {
  return { contender, figure: "cpu", against, bound: "times better", limit: times };
}
