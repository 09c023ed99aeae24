/**
 * Type-checks and runs the programs in the documentation, and compares what they print with what they say they print.
 *
 * Each becomes a module of a folder inside the repository, where the package's own name leads to src/. The compiler runs once
 * over all of them; then they run, many in a process.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareOutput, readExpectations } from "./docs-examples/expected.ts";
import { extractExamples, type DocsExample } from "./docs-examples/extract.ts";
import { runAll } from "./docs-examples/run-all.ts";
import { runStep, toolPath } from "./steps.ts";
import { readTextFiles, type TextFile } from "./tidy/sources.ts";

const root = join(import.meta.dirname, "..");

/** The files of the repository that have examples in them. */
export function readDocs(): TextFile[] {
  return readTextFiles(root).filter(({ path }) => /^(src\/.*\.ts|docs\/.*\.md|README\.md)$/.test(path));
}

export interface Checked {
  readonly examples: readonly DocsExample[];
  /** What is wrong, each beginning with `path:line`. */
  readonly problems: readonly string[];
}

export function checkExamples(files: readonly TextFile[]): Promise<Checked> {
  return asModules(files, async (folder, modules) => {
    const [types, runs] = await Promise.all([checkTypes(folder, modules), checkRuns(modules)]);
    return [...types, ...runs];
  });
}

/** Type-checks them against the declarations in dist/, which has been built: what was left away there as internal is not theirs to use. */
export function checkPublishedTypes(files: readonly TextFile[]): Promise<Checked> {
  return asModules(files, (folder, modules) => checkTypes(folder, modules, { customConditions: [] }));
}

type Check = (folder: string, modules: Modules) => Promise<string[]>;

async function asModules(files: readonly TextFile[], check: Check): Promise<Checked> {
  const { examples, problems } = extractExamples(files);
  mkdirSync(join(root, ".build"), { recursive: true });
  const folder = mkdtempSync(join(root, ".build", "docs-examples-"));
  try {
    const modules = new Map(
      examples.map((example, at) => [join(folder, `example-${at + 1}.ts`), example]),
    );
    for (const [path, { code }] of modules) writeFileSync(path, `${code}\nexport {};\n`);
    return { examples, problems: [...problems, ...(await check(folder, modules))] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Modules = ReadonlyMap<string, DocsExample>;

/** The place in the documentation of a line of an example. */
function placeOf({ path, line }: DocsExample, lineOfCode: number): string {
  return `${path}:${line + lineOfCode - 1}`;
}

async function checkTypes(folder: string, modules: Modules, resolution: object = {}): Promise<string[]> {
  const options = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    typeRoots: [join(root, "node_modules/@types")],
    ...resolution,
  };
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: options,
    include: ["*.ts"],
    exclude: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const command = ["node", toolPath("typescript", "tsc"), "-p", folder, "--pretty", "false"];
  const { code, output } = await runStep({ name: "tsc", command, cwd: folder });
  if (code === 0) return [];
  const problems = output.split("\n").flatMap((text) => {
    const found = /^(example-\d+\.ts)\((\d+),\d+\): (.*)$/.exec(text);
    const example = modules.get(join(folder, found?.[1] ?? ""));
    return example === undefined ? [] : [`${placeOf(example, Number(found?.[2]))}: ${found?.[3]}`];
  });
  return problems.length > 0 ? problems : [`tsconfig.json:1: the compiler ended with ${code}: ${output}`];
}

async function checkRuns(modules: Modules): Promise<string[]> {
  const toRun = [...modules].filter(([, { notRun }]) => notRun === null);
  const outcomes = await runAll(toRun.map(([path]) => path));
  return toRun.flatMap(([path, example]) => {
    const outcome = outcomes.get(path);
    if (outcome === undefined) return [`${placeOf(example, 1)}: was not run`];
    if (outcome.error !== null) {
      const line = new RegExp(`${RegExp.escape(path)}:(\\d+)`).exec(outcome.error)?.[1];
      return [`${placeOf(example, Number(line ?? 1))}: ${outcome.error}`];
    }
    const wrong = compareOutput(readExpectations(example.code), outcome.printed);
    return wrong.map(({ line, problem }) => `${placeOf(example, line)}: ${problem}`);
  });
}

if (import.meta.main) {
  const { examples, problems } = await checkExamples(readDocs());
  for (const problem of problems) console.log(problem);
  const notRun = examples.filter((example) => example.notRun !== null).length;
  console.log(`${examples.length} examples, ${notRun} of them not run, ${problems.length} problems`);
  if (problems.length > 0) process.exitCode = 1;
}
