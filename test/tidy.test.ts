/**
 * The architecture test: it reads the repository and holds it against the house rules of ARCHITECTURE.md and STYLE.md.
 * Each check is proven able to fail by small wrong inputs, and the number of files that were read is counted a second way.
 */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { checkGlobals } from "../scripts/tidy/banned-globals.ts";
import { findCycles } from "../scripts/tidy/cycles.ts";
import { checkErrorPage } from "../scripts/tidy/error-pages.ts";
import { checkFloors } from "../scripts/tidy/floors.ts";
import { checkPlaces } from "../scripts/tidy/foreign-places.ts";
import { parseSource } from "../scripts/tidy/parsed.ts";
import { checkSizes } from "../scripts/tidy/sizes.ts";
import { readTextFiles } from "../scripts/tidy/sources.ts";
import { checkStyleRules } from "../scripts/tidy/style-rules.ts";

const root = join(import.meta.dirname, "..");
const everyFile = readTextFiles(root);
const source = everyFile
  .filter(({ path }) => path.startsWith("src/") && path.endsWith(".ts"))
  .map(parseSource);
const tidyChecks = new Set(["floors", "cycles", "sizes", "globals", "errors", "style", "places"]);

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const none: string[] = [];

/** The repository's TypeScript, counted without the reader that the checks use. */
function countTypeScript(): number {
  const skipped = /(^|[\\/])(node_modules|dist|coverage|\.build)([\\/]|$)/;
  return globSync("**/*.ts", { cwd: root, exclude: (path) => skipped.test(path) }).length;
}

/** A made-up source tree, path by path. */
function tree(files: Record<string, string>) {
  return Object.entries(files).map(([path, text]) => parseSource({ path, text }));
}

function assertOneProblem(problems: readonly string[], expected: RegExp): void {
  assert.equal(problems.length, 1, problems.join("\n"));
  assert.match(problems[0] ?? "", expected);
}

describe("The repository", () => {
  it("was read whole: as many TypeScript files as a second count finds", () => {
    const seen = everyFile.filter(({ path }) => path.endsWith(".ts")).length;
    assert.ok(seen >= countTypeScript(), `read ${seen} of ${countTypeScript()} files`);
    assert.ok(source.length >= 20, `read only ${source.length} source files`);
    assert.ok(everyFile.some(({ path }) => path === ".ci/run" || path === "LICENSE"));
  });

  it("imports only downwards, by file, and re-exports only from entry files", () => {
    assert.deepEqual(checkFloors(source), none);
  });

  it("has no import cycle, of types neither", () => {
    assert.deepEqual(findCycles(source), none);
  });

  it("keeps files, functions and the kernel small", () => {
    assert.deepEqual(checkSizes(source), none);
  });

  it("takes clocks, timers and chance from the host alone", () => {
    assert.deepEqual(checkGlobals(source), none);
  });

  it("describes every error code in docs/errors.md, and no other", async () => {
    const { errorCodes } = (await import("../src/base/error-registry.ts")) as {
      errorCodes: Record<string, unknown>;
    };
    const codes = Object.keys(errorCodes);
    assert.ok(codes.length >= 10, `only ${codes.length} codes`);
    assert.ok(
      codes.every((code) => /^TSY_[A-Z0-9_]+$/.test(code)),
      codes.join(" "),
    );
    assert.deepEqual(checkErrorPage(codes, read("docs/errors.md")), none);
  });

  it("names for every rule of STYLE.md the check that holds it, or says judgement", () => {
    const files = new Set(everyFile.map(({ path }) => path));
    const typesConfig = read("tsconfig.json") + read("tsconfig.build.json");
    const known = { tidy: tidyChecks, lintConfig: read(".oxlintrc.json"), typesConfig, files };
    assert.deepEqual(checkStyleRules(read("STYLE.md"), known), none);
  });

  it("names no place that only one machine has", () => {
    assert.ok(existsSync(join(root, "package-lock.json")));
    assert.ok(everyFile.some(({ path }) => path === "package-lock.json"));
    assert.deepEqual(checkPlaces(everyFile), none);
  });
});

describe("The floor check", () => {
  it("refuses an import of a higher floor", () => {
    const files = tree({
      "src/base/a.ts": 'import { b } from "../kernel/b.ts";\nb();',
      "src/kernel/b.ts": "export function b(): void {}",
    });
    assertOneProblem(
      checkFloors(files),
      /^src\/base\/a\.ts:1: base \(floor 0\) imports kernel \(floor 1\)/,
    );
  });

  it("refuses a type import of a neighbour on the same floor", () => {
    const files = tree({
      "src/flow/a.ts": 'import type { B } from "../sync/b.ts";\nexport const a: B = 1;',
      "src/sync/b.ts": "export type B = number;",
    });
    assertOneProblem(checkFloors(files), /same floor/);
  });

  it("refuses an import() and an import type that go up", () => {
    const files = tree({
      "src/base/a.ts":
        'export const a = () => import("../host/b.ts");\nexport type A = import("../host/b.ts").B;',
      "src/host/b.ts": "export type B = number;",
    });
    assert.equal(checkFloors(files).length, 2);
  });

  it("refuses a re-export outside an entry file, also in two steps", () => {
    const one = tree({
      "src/base/a.ts": 'export { b } from "./b.ts";',
      "src/base/b.ts": "export const b = 1;",
    });
    const two = tree({
      "src/base/a.ts": 'import { b } from "./b.ts";\nexport { b };',
      "src/base/b.ts": "export const b = 1;",
    });
    assertOneProblem(checkFloors(one), /only entry files/);
    assertOneProblem(checkFloors(two), /only entry files/);
  });

  it("refuses code in an entry file, and an import of one", () => {
    assertOneProblem(
      checkFloors(tree({ "src/index.ts": "export const a = 1;" })),
      /an entry file only re-exports/,
    );
    const files = tree({ "src/cli/a.ts": 'import { b } from "../index.ts";\nb();', "src/index.ts": "" });
    assertOneProblem(checkFloors(files), /nothing imports an entry/);
  });

  it("refuses an import that names no file, a room index, and an unknown room", () => {
    assertOneProblem(checkFloors(tree({ "src/flow/a.ts": 'import "../kernel";' })), /names no file/);
    assertOneProblem(checkFloors(tree({ "src/base/index.ts": "export const a = 1;" })), /has no index/);
    assertOneProblem(
      checkFloors(tree({ "src/utils/a.ts": "export const a = 1;" })),
      /stands on no floor/,
    );
  });

  it("refuses sync/ what tsyncio/lowlevel does not export", () => {
    const kernel = {
      "src/kernel/park.ts": "export const park = 1;",
      "src/kernel/secret.ts": "export const secret = 1;",
    };
    const lowlevel = { "src/lowlevel.ts": 'export { park } from "./kernel/park.ts";' };
    const good = tree({
      ...kernel,
      ...lowlevel,
      "src/sync/a.ts": 'import { park } from "../kernel/park.ts";\npark;',
    });
    const bad = tree({
      ...kernel,
      ...lowlevel,
      "src/sync/a.ts": 'import { secret } from "../kernel/secret.ts";\nsecret;',
    });
    assert.deepEqual(checkFloors(good), none);
    assertOneProblem(checkFloors(bad), /re-exports nothing of src\/kernel\/secret\.ts/);
  });

  it("refuses I/O in http/wire/", () => {
    const files = tree({
      "src/http/wire/a.ts": 'import { park } from "../../kernel/park.ts";\npark;',
      "src/kernel/park.ts": "export const park = 1;",
    });
    assertOneProblem(checkFloors(files), /does no I\/O/);
  });

  it("refuses the platform outside host/ and cli/, but for one kernel file", () => {
    const store = 'import { AsyncLocalStorage } from "node:async_hooks";\nnew AsyncLocalStorage();';
    assertOneProblem(
      checkFloors(tree({ "src/io/a.ts": 'import { connect } from "node:net";\nconnect;' })),
      /node:net/,
    );
    assert.deepEqual(checkFloors(tree({ "src/kernel/a.ts": store })), none);
    assertOneProblem(
      checkFloors(tree({ "src/kernel/a.ts": store, "src/kernel/b.ts": store })),
      /only one kernel file/,
    );
  });
});

describe("The cycle check", () => {
  it("prints the full path of a cycle of types", () => {
    const files = tree({
      "src/base/a.ts": 'import type { B } from "./b.ts";\nexport type A = B;',
      "src/base/b.ts": 'import type { C } from "./c.ts";\nexport type B = C;',
      "src/base/c.ts": 'import type { A } from "./a.ts";\nexport type C = A;',
    });
    assert.deepEqual(findCycles(files), [
      "src/base/a.ts -> src/base/b.ts -> src/base/c.ts -> src/base/a.ts",
    ]);
  });

  it("accepts two ways to the same file", () => {
    const files = tree({
      "src/base/a.ts": 'import "./b.ts";\nimport "./c.ts";',
      "src/base/b.ts": 'import "./c.ts";',
      "src/base/c.ts": "",
    });
    assert.deepEqual(findCycles(files), none);
  });
});

describe("The size check", () => {
  const lines = (count: number, line = "// text"): string => `${line}\n`.repeat(count);

  it("refuses a long file, and lets the kernel have a little more", () => {
    const files = {
      "src/base/a.ts": lines(251),
      "src/kernel/b.ts": lines(300),
      "src/kernel/c.ts": lines(301),
    };
    assert.deepEqual(checkSizes(tree({ ...files, "src/base/d.ts": lines(250) })), [
      "src/base/a.ts:251: 251 lines; at most 250",
      "src/kernel/c.ts:301: 301 lines; at most 300",
    ]);
  });

  it("refuses a long function, method or arrow", () => {
    const body = lines(70);
    const text = `function f() {\n${body}}\nclass A { m() {\n${body}} }\nconst g = () => {\n${body}};`;
    const problems = checkSizes(tree({ "src/base/a.ts": text }));
    assert.deepEqual(
      problems.map((problem) => / (\w+) has 72 lines/.exec(problem)?.[1]),
      ["f", "m", "g"],
    );
    assert.deepEqual(checkSizes(tree({ "src/base/a.ts": `function f() {\n${lines(68)}}` })), none);
  });

  it("counts the kernel's lines of code, without comments and blanks", () => {
    const kernel = (perFile: number) =>
      Object.fromEntries(
        Array.from({ length: 10 }, (_, at) => [
          `src/kernel/${at}.ts`,
          lines(perFile, "0;") + lines(9, "// x") + "\n\n",
        ]),
      );
    assert.deepEqual(checkSizes(tree(kernel(200))), none);
    assertOneProblem(checkSizes(tree(kernel(201))), /2010 lines of code; at most 2000/);
  });
});

describe("The global check", () => {
  const uses = (code: string): string[] => checkGlobals(tree({ "src/flow/a.ts": code }));

  it("refuses clocks, timers, chance and the platform as values", () => {
    const wrong = [
      "Date.now()",
      "new Date()",
      "performance.now()",
      "setTimeout(f, 1)",
      "queueMicrotask(f)",
      "Math.random()",
    ];
    wrong.push(
      "crypto.randomUUID()",
      "process.exit()",
      "globalThis.setImmediate(f)",
      'globalThis["Date"]',
      "const later = setTimeout",
    );
    for (const code of wrong) assertOneProblem(uses(code), /^src\/flow\/a\.ts:1: uses /);
  });

  it("accepts the same words as types, keys, own names and instanceof", () => {
    const right = [
      "function f(at: Date): boolean { return at instanceof Date; }",
      "x.performance = { Date: 1 }",
      "Math.max(1)",
    ];
    right.push(
      "class A { setTimeout() {} }",
      "function g(process: number) { return process; }",
      "const { crypto } = host;",
    );
    for (const code of right) assert.deepEqual(uses(code), none, code);
  });

  it("lets host/ and testing/ use them", () => {
    const code = "export const now = Date.now();";
    assert.deepEqual(checkGlobals(tree({ "src/host/a.ts": code, "src/testing/b.ts": code })), none);
  });
});

describe("The error page check", () => {
  it("refuses a code without a heading, a heading without a code, and a heading twice", () => {
    const page = "# Errors\n\n## TSY_ONE\n\n## TSY_OLD\n\n## TSY_ONE\n";
    const problems = checkErrorPage(["TSY_ONE", "TSY_TWO"], page);
    assert.equal(problems.length, 3);
    assert.match(
      problems.join("\n"),
      /no heading "## TSY_TWO"[^]*TSY_OLD, which no error has[^]*TSY_ONE twice/,
    );
  });
});

describe("The style rule check", () => {
  const known = {
    tidy: tidyChecks,
    lintConfig: '"eslint/eqeqeq": "error"',
    typesConfig: '"strict": true',
    files: new Set(["test/tidy.test.ts"]),
  };

  it("refuses a rule without an end, and a check that is not there", () => {
    const wrong = [
      "- Be nice.",
      "- A — check: tidy magic",
      "- B — check: oxlint no-such",
      "- C — check: tsc lax",
      "- D — check: test a.ts",
    ];
    const problems = checkStyleRules(wrong.join("\n"), known);
    assert.deepEqual(
      problems.map((problem) => Number(/^STYLE\.md:(\d+)/.exec(problem)?.[1])),
      [1, 2, 3, 4, 5],
    );
    assertOneProblem(checkStyleRules("# Nothing", known), /no rules/);
  });

  it("accepts judgement, and every kind of check that exists", () => {
    const right = [
      "- A — judgement",
      "- B — check: tidy floors, oxlint eslint/eqeqeq, tsc strict, oxfmt, test test/tidy.test.ts",
    ];
    assert.deepEqual(checkStyleRules(right.join("\n"), known), none);
  });
});

describe("The place check", () => {
  it("refuses paths of one machine and hosts of package registries", () => {
    const wrong = [
      "/ho" + "me/ann/x",
      "cd /ro" + "ot/x",
      "C:\\Use" + "rs\\ann",
      "https://regis" + "try.npmjs.org/x",
      "a/.libr" + "ary/b",
    ];
    for (const text of wrong) assertOneProblem(checkPlaces([{ path: "a.md", text }]), /^a\.md:1: names /);
    assert.deepEqual(
      checkPlaces([{ path: "a.md", text: "https://example.com/home/page ./work/x ~/tmp/y" }]),
      none,
    );
  });
});
