/** Simulation finds every wrong program of the gallery, and nothing in the corrected ones. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { explore, SimulationFailed, type SimulateOptions } from "../../src/testing.ts";
import { draws, drawsText } from "../draws.ts";
import type { Body } from "./exhibit.ts";
import { gallery } from "./gallery.ts";

/** The files here that hold no exhibit. */
const others = ["exhibit.ts", "gallery.ts", "gallery.test.ts"];

async function failureOf(options: SimulateOptions, body: Body): Promise<SimulationFailed> {
  try {
    await explore(options, body);
  } catch (error) {
    assert(error instanceof SimulationFailed, String(error));
    return error;
  }
  return assert.fail("no schedule failed");
}

describe("the gallery", () => {
  it("has at least 14 exhibits, one for each of its files, and no two of a name", () => {
    const files = readdirSync(import.meta.dirname).filter((file) => !others.includes(file));
    assert(gallery.length >= 14);
    assert.equal(files.length, gallery.length);
    assert.equal(new Set(gallery.map(({ name }) => name)).size, gallery.length);
  });

  it("hides at least half of its bugs from a run in production order", () => {
    assert(gallery.filter(({ hidden }) => hidden).length >= gallery.length / 2);
  });

  for (const { name, kind, hidden, options = {}, wrong, corrected } of gallery) {
    it(`simulation finds the ${name} within 1,000 schedules and shrinks it to at most 3 choices`, async () => {
      const found = await failureOf({ ...options, runs: 1_000 }, wrong);
      const tape = found.tape.toString();
      assert.equal(found.kind, kind);
      assert(found.tape.deviations.length <= 3, tape);
      assert(found.message.includes(`simulate({ tape: "${tape}" }, ...)`), found.message);
      const replayed = await failureOf({ ...options, tape }, wrong);
      assert.equal(replayed.kind, kind);
      assert.equal(replayed.tape.toString(), tape);
    });

    if (hidden) {
      it(`the ${name} passes in production order, where no fault is injected`, async () => {
        const { runs } = await explore({ ...options, faults: {}, runs: 1 }, wrong);
        assert.equal(runs, 1);
      });
    }

    it(`the corrected ${name} passes ${drawsText(1_000)} schedules, or all where they are fewer`, async () => {
      const { method, runs } = await explore({ ...options, runs: draws(1_000) }, corrected);
      assert(method === "exhaustive" || runs === draws(1_000), `${method}, ${runs} runs`);
    });
  }
});
