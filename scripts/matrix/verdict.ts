/** What the output of a runtime says about the tests that it ran. */
import { knownFaults } from "../../test/matrix-exceptions.ts";
import type { RuntimeUnderTest } from "./runtimes.ts";

/** The names of failed tests, without the suites around them. */
export function failedTests(runtime: RuntimeUnderTest, output: string): string[] {
  const lines = output.split("\n");
  const suites = new Set(lines.map((line) => runtime.failedSuite.exec(line)?.[1]));
  const names = lines.map((line) => runtime.failedTest.exec(line)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined && !suites.has(name)))] as string[];
}

/** How many tests passed; undefined where the output does not say, as that of a process that ended too early. */
export function countPassed(runtime: RuntimeUnderTest, output: string): number | undefined {
  const counts = [...output.matchAll(runtime.passed)].map((match) => Number(match[2] ?? match[1]));
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

/** The tests of a file that may fail in a runtime. */
export function listedFaults(runtime: RuntimeUnderTest, file: string): Set<string> {
  const faults = knownFaults.filter((fault) => fault.runtime === runtime.name && fault.file === file);
  return new Set(faults.flatMap(({ tests }) => tests));
}

/** Whether a failed name is a listed test, also with its suites before it, as Bun prints it. */
export function isListed(name: string, listed: ReadonlySet<string>): boolean {
  return [...listed].some((test) => name === test || name.endsWith(`> ${test}`));
}
