/**
 * A project of a user: the packed package, Vitest, and the files of `examples/testing`, in `.build/runners`.
 *
 * Vitest comes from the lock file beside this one, with no install script, and only when that has changed. The package is always
 * the one that was built just now.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../build.ts";
import { runStep } from "../steps.ts";

const root = join(import.meta.dirname, "../..");
const project = join(root, ".build/runners");
const manifests = ["package.json", "package-lock.json"];

/** What a user's compiler reads. Deno reads its own file as it tests, and the globals of Deno are unknown here. */
const compilerConfig = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    module: "nodenext",
    target: "esnext",
    types: ["bun", "node"],
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
  include: ["*.ts"],
  exclude: ["deno.test.ts"],
};

/** @throws with npm's words where a step of it fails. */
async function npm(folder: string, ...args: string[]): Promise<string> {
  const result = await runStep({ name: args.join(" "), command: ["npm", ...args], cwd: folder });
  if (result.code !== 0)
    throw new Error(`npm ${result.name} ended with ${result.code}:\n${result.output}`);
  return result.output;
}

/** Installs what the lock file says, unless it is there. */
async function installRunners(): Promise<void> {
  const wanted = manifests.map((name) => readFileSync(join(import.meta.dirname, name), "utf8"));
  const done = join(project, "node_modules/.installed");
  if (existsSync(done) && readFileSync(done, "utf8") === wanted.join("")) return;
  for (const [at, name] of manifests.entries()) writeFileSync(join(project, name), wanted[at] ?? "");
  await npm(project, "ci", "--ignore-scripts");
  writeFileSync(done, wanted.join(""));
}

async function installPackage(): Promise<void> {
  await build();
  const packed = await npm(root, "pack", "--ignore-scripts", "--json", "--pack-destination", project);
  const tarball = /"filename": "([^"]+\.tgz)"/.exec(packed)?.[1];
  if (tarball === undefined) throw new Error(`npm pack named no file:\n${packed}`);
  // npm takes a package that is there for the one it is asked for when their versions are the same.
  rmSync(join(project, "node_modules/tsyncio"), { recursive: true, force: true });
  await npm(project, "install", "--offline", "--ignore-scripts", "--no-save", `./${tarball}`);
}

/** Makes the project. Returns its folder. @throws where the package cannot be built, or a package cannot be installed. */
export async function makeProject(): Promise<string> {
  mkdirSync(project, { recursive: true });
  await installRunners();
  await installPackage();
  cpSync(join(root, "examples/testing"), project, { recursive: true });
  writeFileSync(join(project, "tsconfig.json"), `${JSON.stringify(compilerConfig, null, 2)}\n`);
  return project;
}
