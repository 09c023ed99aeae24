import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { describe, it } from "node:test";

const PATIENCE_MS = 30_000;

interface Ended {
  readonly code: number | null;
  readonly output: string[];
}

/** Runs a program that reads its standard input: a descriptor, or a pipe that `feed` writes to as output comes. */
function runWithInput(
  program: string,
  input: number | ((output: string, pipe: Writable) => void),
): Promise<Ended> {
  const isDeno = "Deno" in globalThis;
  const file = join(import.meta.dirname, "../../fixtures/stdin-programs.ts");
  const args = [...(isDeno ? ["run", "--allow-all", "--quiet"] : []), file, program];
  const stdin = typeof input === "number" ? input : "pipe";
  const child = spawn(process.execPath, args, { stdio: [stdin, "pipe", "inherit"] });
  const feed = (output: string): void => {
    if (typeof input !== "number" && child.stdin !== null) input(output, child.stdin);
  };
  // A program that has read enough may end before all is written.
  child.stdin?.on("error", () => {});
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    feed(output);
  });
  feed("");
  const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(patience);
      child.stdin?.destroy();
      resolve({ code, output: output.split("\n").slice(0, -1) });
    });
  });
}

/** Writes each text once the output holds its mark, and ends the input after the last one if `ends`. */
function feeder(ends: boolean, ...steps: readonly (readonly [mark: string, text: string])[]) {
  let next = 0;
  return (output: string, pipe: Writable): void => {
    while (next < steps.length && output.includes(steps[next]![0])) pipe.write(steps[next++]![1]);
    if (ends && next === steps.length) pipe.end();
  };
}

describe("The lines of the standard input", { concurrency: 2 }, () => {
  it("come from a pipe, with the last one that has no end", async () => {
    const { code, output } = await runWithInput("all", feeder(true, ["", "one\ntw"], ["one", "o\r\nü"]));
    assert.deepEqual([code, output], [0, ['"one"', '"two"', '"ü"', "end"]]);
  });

  it("come from a file", async () => {
    const directory = mkdtempSync(join(tmpdir(), "tsyncio-stdin-"));
    const path = join(directory, "input");
    writeFileSync(path, "one\n\ntwo\n");
    const descriptor = openSync(path, "r");
    try {
      const { code, output } = await runWithInput("all", descriptor);
      assert.deepEqual([code, output], [0, ['"one"', '""', '"two"', "end"]]);
    } finally {
      closeSync(descriptor);
      rmSync(directory, { recursive: true });
    }
  });

  it("are not lost when a read is cancelled", async () => {
    const { code, output } = await runWithInput("cancelled", feeder(true, ["ready", "1\n2\n"]));
    assert.deepEqual([code, output], [0, ["ready", "1", "2"]]);
  });

  it("do not keep the process alive when the loop has been left, though the input is open", async () => {
    const { code, output } = await runWithInput("leaves", feeder(false, ["ready", "1\n2\n3\n"]));
    assert.deepEqual([code, output], [0, ["ready", "1"]]);
  });

  it("do not keep the process alive for a background task", async () => {
    const { code, output } = await runWithInput("background", feeder(false));
    assert.deepEqual([code, output], [0, ["ready"]]);
  });

  it("leave to the chunks what was not taken as lines", async () => {
    const { output } = await runWithInput("mixed", feeder(true, ["", "one\ntwo\nthree"], ["one", "!"]));
    assert.deepEqual(output, ["one", '"two\\nthree!"']);
  });

  it("stop before one that is too long, whose bytes stay", async () => {
    const { output } = await runWithInput("long", feeder(true, ["", "one\nmuch too long\n"]));
    assert.deepEqual(output, ["one", "2 4", '"much too long\\n"']);
  });
});
