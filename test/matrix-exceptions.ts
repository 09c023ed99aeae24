/**
 * Known faults of runtimes: tests that `npm run test:matrix` lets fail there, each with the smallest program that shows the
 * fault without this library. The matrix runs that program too: once it exits with 0, the fault is gone and so must be the entry.
 */
export interface KnownFault {
  readonly runtime: "node 24" | "node 26" | "bun" | "deno";
  /** The test file, from the repository's root. */
  readonly file: string;
  /** The names of the tests that may fail; a failure elsewhere in the file is a failure. */
  readonly tests: readonly string[];
  /** What the runtime does wrong, in a sentence. */
  readonly fault: string;
  /** A program that exits with 1 while the fault is there. */
  readonly program: string;
}

export const knownFaults: readonly KnownFault[] = [];
