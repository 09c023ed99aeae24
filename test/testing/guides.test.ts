import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Course, type ChoiceKind, type Guide } from "../../src/testing/course.ts";
import {
  ChoicesGuide,
  FaultGuide,
  nextChoices,
  PctGuide,
  UniformGuide,
} from "../../src/testing/guides.ts";
import { RandomStream } from "../../src/testing/random-stream.ts";

const task = (name: string) => {
  const own = { name, path: name };
  return Object.assign(own, { task: own });
};
const tasks = [task("a"), task("b"), task("c")];
const chance = (seed: number, faultPlaces = 4) => ({
  schedule: new RandomStream(seed, "schedule"),
  faults: new RandomStream(seed, "faults"),
  faultPlaces,
});

function choose(guide: Guide, kinds: ChoiceKind[], of = 3): number[] {
  const course = new Course(guide);
  for (const kind of kinds) course.choose(kind, of, tasks.slice(0, of));
  return course.choices;
}

const wakes = (count: number): ChoiceKind[] => new Array<ChoiceKind>(count).fill("wake");

describe("FaultGuide", () => {
  it("strikes at one place only, and leaves all else ordinary", () => {
    const kinds: ChoiceKind[] = ["fault", "wake", "fault", "clock", "fault", "timer"];
    assert.deepEqual(choose(new FaultGuide(1, 2), kinds), [0, 0, 2, 0, 0, 0]);
  });
});

describe("UniformGuide", () => {
  it("lets everybody go on about equally often", () => {
    const choices = choose(new UniformGuide(chance(1)), wakes(3_000));
    for (const value of [0, 1, 2]) {
      const count = choices.filter((choice) => choice === value).length;
      assert.ok(count > 850 && count < 1_150, `${value}: ${count}`);
    }
  });

  it("injects at most one fault a run, and none in about half of the runs", () => {
    const faults = Array.from(
      { length: 400 },
      (_, seed) =>
        choose(new UniformGuide(chance(seed)), new Array<ChoiceKind>(4).fill("fault"), 2).filter(
          (choice) => choice > 0,
        ).length,
    );
    assert.ok(faults.every((count) => count <= 1));
    const struck = faults.filter((count) => count === 1).length;
    assert.ok(struck > 140 && struck < 260, String(struck));
  });

  it("draws faults from a stream of their own: asking for them does not change the schedule", () => {
    const quiet = choose(new UniformGuide(chance(5)), wakes(20));
    const mixed = choose(
      new UniformGuide(chance(5)),
      wakes(20).flatMap((kind) => [kind, "fault" as const]),
    );
    assert.deepEqual(
      mixed.filter((_, at) => at % 2 === 0),
      quiet,
    );
  });
});

describe("PctGuide", () => {
  it("lets the same task go on until a change, of which there are depth - 1", () => {
    for (let seed = 0; seed < 50; seed++) {
      const choices = choose(new PctGuide(chance(seed), 3, 30), wakes(30));
      const changes = choices.filter((choice, at) => at > 0 && choice !== choices[at - 1]).length;
      assert.ok(changes <= 2, String(choices));
    }
  });

  it("puts every task first in some run, and changes at every step in some run", () => {
    const first = new Set<number>();
    const changed = new Set<number>();
    for (let seed = 0; seed < 300; seed++) {
      const choices = choose(new PctGuide(chance(seed), 2, 10), wakes(10));
      first.add(choices[0] ?? -1);
      const at = choices.findIndex((choice, step) => step > 0 && choice !== choices[step - 1]);
      if (at > 0) changed.add(at);
    }
    assert.equal(first.size, 3);
    assert.equal(changed.size, 9);
  });
});

describe("nextChoices", () => {
  /** All courses of a program that offers the given alternatives one after the other. */
  function all(offers: [ChoiceKind, number][]): string[] {
    const found: string[] = [];
    for (let choices: number[] | null = []; choices !== null;) {
      const course = new Course(new ChoicesGuide(choices));
      for (const [kind, of] of offers) course.choose(kind, of, tasks.slice(0, of));
      found.push(course.choices.join(""));
      choices = nextChoices(course);
    }
    return found;
  }

  it("goes through every course once", () => {
    const found = all([
      ["wake", 2],
      ["timer", 3],
      ["clock", 2],
    ]);
    assert.equal(found.length, 12);
    assert.equal(new Set(found).size, 12);
  });

  it("goes through every course with at most one fault", () => {
    const found = all([
      ["fault", 3],
      ["wake", 2],
      ["fault", 2],
    ]);
    assert.deepEqual(found.sort(), ["000", "001", "010", "011", "100", "110", "200", "210"]);
  });
});
