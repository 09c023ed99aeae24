/** The test runners that the examples of `examples/testing` are written for, and how each is run and says what became of its tests. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { installRuntimes } from "../matrix/runtimes.ts";

export interface TestRunner {
  readonly name: string;
  readonly version: string;
  /** The program and its arguments, which run the one file of this runner. */
  readonly command: readonly string[];
  /** Each finds a number in the output. */
  readonly passed: RegExp;
  readonly failed: RegExp;
}

type RuntimeRunner = Pick<TestRunner, "passed" | "failed"> & { readonly args: readonly string[] };

/** The runners that are part of a runtime. No permission is given to Deno: a simulation needs none. */
const ofRuntimes: Readonly<Record<string, RuntimeRunner & { readonly name: string }>> = {
  "node 26": {
    name: "node:test",
    args: ["--test", "--test-reporter=spec", "node.test.ts"],
    passed: /^ℹ pass (\d+)/m,
    failed: /^ℹ fail (\d+)/m,
  },
  bun: {
    name: "bun test",
    args: ["test", "./bun.test.ts"],
    passed: /^\s*(\d+) pass$/m,
    failed: /^\s*(\d+) fail$/m,
  },
  deno: {
    name: "deno test",
    args: ["test", "--no-lock", "deno.test.ts"],
    passed: /\| (\d+) passed/,
    failed: /\| (\d+) failed/,
  },
};

/** The runners that can be had here. `project` is a folder in which Vitest is installed. */
export async function findRunners(project: string): Promise<TestRunner[]> {
  const runners: TestRunner[] = [];
  for (const { name: runtime, program, version } of await installRuntimes()) {
    const runner = ofRuntimes[runtime];
    if (runner === undefined) continue;
    const { name, args, passed, failed } = runner;
    runners.push({ name, version, command: [program, ...args], passed, failed });
  }
  return [...runners, vitest(project)];
}

function vitest(project: string): TestRunner {
  const folder = join(project, "node_modules/vitest");
  const manifest = createRequire(import.meta.url)(join(folder, "package.json")) as { version: string };
  return {
    name: "Vitest",
    version: manifest.version,
    command: [process.execPath, join(folder, "vitest.mjs"), "run", "vitest.test.ts"],
    passed: /^\s*Tests .*?(\d+) passed/m,
    failed: /^\s*Tests .*?(\d+) failed/m,
  };
}
