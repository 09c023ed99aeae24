import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { errorCodes } from "../../src/base/error-registry.ts";
import { TsyncioError } from "../../src/base/tsyncio-error.ts";

interface ErrorClass {
  readonly code: string;
  readonly name: string;
}

function errorClassesIn(module: Record<string, unknown>): ErrorClass[] {
  const found: ErrorClass[] = [];
  for (const value of Object.values(module)) {
    if (typeof value !== "function" || value === TsyncioError) continue;
    if (TsyncioError.prototype.isPrototypeOf(value.prototype as object)) {
      found.push(value as unknown as ErrorClass);
    }
  }
  return found;
}

const rooms = "src/{base,kernel,flow,sync,io,threads,http,jobs,pipeline,testing,inspect}/**/*.ts";
const root = join(import.meta.dirname, "../..");
const files = globSync(rooms, { cwd: root });
const modules = await Promise.all(
  files.map((file) => import(pathToFileURL(join(root, file)).href) as Promise<Record<string, unknown>>),
);
/** What the entries of the package export. `tsyncio/testing` has errors of its own. */
const entries = await Promise.all(
  globSync("src/*.ts", { cwd: root }).map(
    (file) => import(pathToFileURL(join(root, file)).href) as Promise<Record<string, unknown>>,
  ),
);
/** What has no code is the common part of others, and is never thrown itself. */
const classes = new Set(
  modules.flatMap(errorClassesIn).filter((errorClass) => errorClass.code !== undefined),
);

describe("The error registry", () => {
  it("was held against all source files", () => {
    assert.ok(files.length > 30, `only ${files.length} files`);
  });

  it("has a class for every code, under the name it gives", () => {
    const byCode = new Map([...classes].map((errorClass) => [errorClass.code, errorClass.name]));
    assert.deepEqual(Object.fromEntries(byCode), { ...errorCodes });
  });

  it("gives no code to two classes", () => {
    assert.equal(new Set([...classes].map((errorClass) => errorClass.code)).size, classes.size);
  });

  it("lists only classes that an entry exports, so that a user can catch them", () => {
    const exported = new Set(entries.flatMap(errorClassesIn).map((errorClass) => errorClass.name));
    assert.deepEqual(
      [...classes].map((errorClass) => errorClass.name).filter((name) => !exported.has(name)),
      [],
    );
  });
});
