/** The matrix judges each file as if it had run alone, however it runs them. Real processes, of the Node that runs this. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { deal } from "../scripts/matrix/batches.ts";
import { runBatch, type Tally } from "../scripts/matrix/run-files.ts";
import { nodeUnderTest } from "../scripts/matrix/runtimes.ts";

// Set where each file has a process of its own: Node's runner would refuse to run inside itself.
delete process.env["NODE_TEST_CONTEXT"];

const folder = mkdtempSync(join(tmpdir(), "tsyncio-matrix-"));

function program(name: string, body: string): string {
  const path = `${name}.test.mjs`;
  const head = 'import assert from "node:assert/strict";\nimport { describe, it } from "node:test";\n';
  writeFileSync(join(folder, path), head + body);
  return path;
}

const good = program(
  "good",
  'describe("good", () => { it("passes", () => {}); it("passes, too", () => {}); });',
);
const bad = program(
  "bad",
  'describe("bad", () => { it("passes", () => {}); it("is wrong", () => assert.fail("so it is")); });',
);
const untidy = program("untidy", 'it("leaves something", () => { globalThis.left = true; });');
const upset = program("upset", 'it("finds nothing", () => assert.equal(globalThis.left, undefined));');
const endless = program(
  "endless",
  'it("never ends", () => new Promise((resolve) => setTimeout(resolve, 1e6)));',
);
const leaver = program("leaver", "process.exit(0);");

async function judge(
  files: readonly string[],
  limitMs = 60_000,
): Promise<Tally & { readonly said: string }> {
  const tally: Tally = { files: 0, passed: 0, failed: 0, known: 0 };
  let said = "";
  const say = (text: string): void => {
    said += text;
  };
  await runBatch({ runtime: nodeUnderTest(process.execPath), folder, limitMs, tally, say }, files);
  return { ...tally, said };
}

describe("A batch", () => {
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is dealt from the list alone: each file is in one of as few as it takes, and neighbours are in different ones", () => {
    const files = Array.from({ length: 45 }, (_, at) => `${at}`);
    const batches = deal(files, 20);
    assert.deepEqual(
      batches.map(({ length }) => length),
      [15, 15, 15],
    );
    assert.deepEqual(batches.flat().toSorted(), files.toSorted());
    assert.deepEqual(batches[1]?.slice(0, 3), ["1", "4", "7"]);
    assert.deepEqual(deal([]), []);
  });

  it("that succeeds counts what its files would count one by one, and says nothing", async () => {
    assert.deepEqual(await judge([good, untidy]), { files: 2, passed: 3, failed: 0, known: 0, said: "" });
  });

  it("that fails is judged by its files, each run alone", async () => {
    const { said, ...tally } = await judge([good, bad]);
    assert.deepEqual(tally, { files: 2, passed: 3, failed: 1, known: 0 });
    assert.match(said, /bad\.test\.mjs ended with 1\n[^]*so it is/);
    assert.doesNotMatch(said, /disturbs/);
  });

  it("whose files pass alone has failed all the same, and says which files and tests they are", async () => {
    const { said, ...tally } = await judge([untidy, upset]);
    assert.deepEqual(tally, { files: 2, passed: 2, failed: 1, known: 0 });
    assert.match(said, /one disturbs another:\n {2}untidy\.test\.mjs\n {2}upset\.test\.mjs\n/);
    assert.match(said, /failed in the batch alone:\n {2}finds nothing\n/);
  });

  it("that takes too long is killed, and so is each file that does", async () => {
    const { said, ...tally } = await judge([endless, endless], 400);
    assert.deepEqual(tally, { files: 2, passed: 0, failed: 2, known: 0 });
    assert.match(said, /endless\.test\.mjs ended with 128\n[^]*killed after 400 ms/);
  });

  it("that ends without its sums has failed, whatever its exit code", async () => {
    const { said, ...tally } = await judge([good, leaver]);
    assert.deepEqual(tally, { files: 2, passed: 2, failed: 1, known: 0 });
    assert.match(said, /leaver\.test\.mjs ended with 0/);
  });
});
