/** Every program in the documentation compiles, runs, and prints what it says. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { checkExamples, readDocs, type Checked } from "../scripts/docs-examples.ts";
import { compareOutput, readExpectations } from "../scripts/docs-examples/expected.ts";
import { extractExamples } from "../scripts/docs-examples/extract.ts";

describe("The examples of the documentation", () => {
  const docs = readDocs();
  const { examples } = extractExamples(docs);
  let checked: Checked;
  before(async () => {
    checked = await checkExamples(docs);
  });

  it("are there, in docstrings, in the README and in the guide", () => {
    assert.ok(examples.length >= 60, `only ${examples.length} examples`);
    for (const place of ["src/", "README.md", "docs/"]) {
      assert.ok(
        examples.some(({ path }) => path.startsWith(place)),
        `no example in ${place}`,
      );
    }
    const docstrings = docs.filter(({ path }) => path.startsWith("src/"));
    const tags = docstrings.flatMap(({ text }) => text.match(/^\s*\*\s+@example\b/gm) ?? []).length;
    assert.ok(examples.filter(({ path }) => path.startsWith("src/")).length >= tags, `${tags} tags`);
  });

  it("are nearly all run", () => {
    const notRun = examples.filter((example) => example.notRun !== null);
    assert.ok(
      notRun.length <= examples.length / 10,
      notRun.map(({ path, line }) => `${path}:${line}`).join("\n"),
    );
  });

  it("have marks that are understood", () => {
    assert.deepEqual(extractExamples(docs).problems, []);
  });

  for (const path of new Set(examples.map((example) => example.path))) {
    const count = examples.filter((example) => example.path === path).length;
    it(`of ${path} (${count}) compile, run and print what they say`, () => {
      const problems = checked.problems.filter((problem) => problem.startsWith(`${path}:`));
      assert.equal(problems.join("\n"), "");
    });
  }

  it("have no other problems", () => {
    const paths = new Set(examples.map((example) => example.path));
    assert.deepEqual(
      checked.problems.filter((problem) => !paths.has(problem.split(":", 1)[0] ?? "")),
      [],
    );
  });
});

describe("The check of examples", () => {
  it("finds examples in docstrings and in fences, with the line they begin on", () => {
    const source =
      "/**\n * One.\n *\n * @example\n * f();\n *\n * g();\n * @throws never\n */\nexport {};\n";
    const page =
      "Text\n\n```ts\na();\n```\n\n```js\nb();\n```\n\n1. item\n   ```ts no-run: needs a database\n   c();\n   ```\n";
    const { examples, problems } = extractExamples([
      { path: "a.ts", text: source },
      { path: "b.md", text: page },
    ]);
    assert.deepEqual(problems, []);
    assert.deepEqual(examples, [
      { path: "a.ts", line: 5, code: "f();\n\ng();", notRun: null },
      { path: "b.md", line: 4, code: "a();", notRun: null },
      { path: "b.md", line: 13, code: "c();", notRun: "needs a database" },
    ]);
  });

  it("refuses a mark that gives no reason, or is not known", () => {
    const text = "```ts no-run\n```\n```ts ignore\n```\n";
    const { problems } = extractExamples([{ path: "a.md", text }]);
    assert.deepEqual(
      problems.map((problem) => problem.split(": ", 1)[0]),
      ["a.md:1", "a.md:3"],
    );
  });

  it("reads what a console.log is said to print, but not a value that varies", () => {
    const code =
      'console.log(1); // 1\nconsole.log("// 2");\nconsole.log(ms); // for example 3\nf(() => console.log([\n  4,\n])); // [ 4 ]\n';
    assert.deepEqual(readExpectations(code), [
      { line: 1, text: "1" },
      { line: 4, text: "[ 4 ]" },
    ]);
  });

  it("compares what a line printed, once or several times", () => {
    const printed = [1, 2, 3].map((value) => ({ line: 1, text: `${value}` }));
    assert.deepEqual(compareOutput([{ line: 1, text: "1, 2, 3" }], printed), []);
    assert.equal(compareOutput([{ line: 1, text: "1, 2" }], printed).length, 1);
    assert.match(compareOutput([{ line: 2, text: "x" }], printed)[0]?.problem ?? "", /printed nothing/);
    assert.deepEqual(
      compareOutput([{ line: 1, text: "{ a: 1 }" }], [{ line: 1, text: "{\n  a: 1\n}" }]),
      [],
    );
  });

  it("reports each kind of fault at its place", async () => {
    const faults = [
      'import { sleep } from "tsyncio";\nawait sleep(1);\nvoid (() => sleep("soon"));',
      'import { sleep } from "tsyncio";\nawait sleep(1);\nconsole.log(1 + 1); // 3',
      'await null;\nthrow new Error("broken");',
      "process.exit(3);",
      'setTimeout(() => { throw new Error("late"); }, 1);\nawait new Promise((resolve) => setTimeout(resolve, 50));',
      "await new Promise(() => {});",
      "console.log(7); // 7",
    ];
    const text = faults.map((code) => `\`\`\`ts\n${code}\n\`\`\`\n`).join("");
    const { problems } = await checkExamples([{ path: "x.md", text }]);
    const found = problems.map((problem) => problem.split("\n", 1)[0]);
    assert.equal(found.length, 6, problems.join("\n---\n"));
    const expected = [
      /^x\.md:4: error TS2345/,
      /^x\.md:9: printed 2, and its comment says 3$/,
      /^x\.md:13: Error: broken$/,
      /^x\.md:16: ended the whole process$/,
      /^x\.md:19: Error: late$/,
      /^x\.md:23: ended the whole process$/,
    ];
    for (const pattern of expected)
      assert.ok(
        found.some((line) => pattern.test(line ?? "")),
        `${pattern}\n${found.join("\n")}`,
      );
  });
});
