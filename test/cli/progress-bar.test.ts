import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProgressBar } from "../../src/cli/progress-bar.ts";
import { RecordedTerminal, screenOf } from "./recorder.ts";

describe("A progress bar", () => {
  it("overwrites itself in one write, without clearing first", () => {
    const { err } = new RecordedTerminal({ err: true });
    const bar = new ProgressBar(err);
    bar.draw(0.5, "5/10  a long text");
    bar.draw(0.6, "6/10");
    assert.equal(err.writes.length, 2);
    assert.ok(err.writes.every((text) => text.startsWith("\r") && text.endsWith("\u001B[K")));
    assert.deepEqual(screenOf(err.writes), [`${"█".repeat(18)}${"░".repeat(12)} 6/10`]);
  });

  it("writes nothing when nothing has changed", () => {
    const { err } = new RecordedTerminal({ err: true });
    const bar = new ProgressBar(err);
    bar.draw(0.5, "5/10");
    bar.draw(0.5, "5/10");
    assert.equal(err.writes.length, 1);
  });

  it("makes way for a line and comes back below it", () => {
    const { out, err, log } = new RecordedTerminal({ out: true, err: true });
    const bar = new ProgressBar(err);
    bar.draw(0.5, "5/10");
    bar.above(() => out.write("a line\n"));
    assert.deepEqual(screenOf(log), ["a line", `${"█".repeat(15)}${"░".repeat(15)} 5/10`]);
    bar.clear();
    assert.deepEqual(screenOf(log), ["a line", ""]);
  });

  it("is narrower than the terminal, and gives up the bar before the text", () => {
    for (const columns of [1, 4, 10, 14, 20, 40, 200]) {
      const { err } = new RecordedTerminal({ err: true, columns });
      new ProgressBar(err).draw(0.3, "300/1000");
      const [row = ""] = screenOf(err.writes);
      assert.ok(row.length < columns, `${columns}: ${row}`);
      assert.equal(row.includes("300/1000"), columns > 8);
    }
  });
});
