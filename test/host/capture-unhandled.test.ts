/** Who hears of errors that nobody caught, while the platform is captured. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runProgram, type Ended } from "../fixtures/child.ts";
import { isBun } from "./fake-world.ts";

/** Bun's `rawListeners` does not tell a listener that was added by `once` from others: put back, it stays. */

function run(program: string): Promise<Ended> {
  return runProgram("../host/capture-program.ts", { args: [program] });
}

async function linesOf(program: string): Promise<string[]> {
  const ended = await run(program);
  assert.equal(ended.code, 0, ended.errors + ended.output);
  return ended.output.trim().split("\n");
}

describe("unhandled errors", () => {
  it("inside a world reach that world, and no listener outside", async () => {
    assert.deepEqual(await linesOf("inside"), [
      "world: Error: inside rejected",
      "world: Error: inside thrown",
    ]);
  });

  it("that are cancellations reach nobody", async () => {
    assert.deepEqual(await linesOf("cancelled"), ["world: 0"]);
  });

  it("outside reach the listeners outside, each once listener once, but on Bun", async () => {
    const lines = await linesOf("outside");
    const expected = ["first", "second", "third"].flatMap((text) => [
      `outer unhandledRejection: Error: ${text} rejected`,
      `outer uncaughtException: Error: ${text} thrown`,
    ]);
    const once = expected.map((line) => line.replace("outer", "once")).slice(0, isBun ? 6 : 2);
    const left = isBun ? "2,2" : "1,1";
    assert.deepEqual(lines.toSorted(), [...expected, ...once, left].toSorted());
  });

  it("outside are not thrown by tsyncio's own listener when there is another one", async () => {
    assert.deepEqual(await linesOf("library"), ["outer: Error: outside"]);
  });

  it("that nobody listens for end the process", async () => {
    for (const program of ["rejection", "exception"]) {
      const ended = await run(program);
      assert.equal(ended.code, 1, ended.errors);
      assert.match(ended.errors, /nobody hears/);
      assert.equal(ended.output, "");
    }
  });
});

describe("listeners of the process", () => {
  it("come back in their order, before those that were added meanwhile, which hear each error once", async () => {
    const lines = await linesOf("listeners");
    assert.deepEqual(lines.slice(0, 3), ["1", "true", "3"]);
    assert.deepEqual(
      lines.slice(3, -1).toSorted(),
      ["a", "b", "c", "d"].map((who) => `${who}: Error: outside`),
    );
    assert.equal(lines.at(-1), isBun ? "4" : "3");
  });
});

describe("a listener that restores the platform", () => {
  it("is alone again afterwards", async () => {
    assert.deepEqual(await linesOf("restoring"), ["true"]);
  });
});

describe("a module that is imported inside a world", () => {
  it("is loaded as it would be outside", async () => {
    assert.deepEqual(await linesOf("module"), ["function", "0"]);
  });
});
