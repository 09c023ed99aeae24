import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { InvalidArgument } from "../../src/index.ts";
import { Course } from "../../src/testing/course.ts";
import { ChoicesGuide } from "../../src/testing/guides.ts";
import { Tape, TapeGuide } from "../../src/testing/tape.ts";

const who = (...names: string[]): { name: string; path: string }[] =>
  names.map((name) => ({ name, path: name }));

const circumstances = (seed: number) => ({ order: "one at a time" as const, seed, faults: {} });

/** A course that offers three wake-ups and takes `choices`. */
function courseOf(choices: number[], names = ["reader", "writer", "third"]): Course {
  const course = new Course(new ChoicesGuide(choices));
  for (let step = 0; step < 3; step++) course.choose("wake", 3, who(...names));
  return course;
}

describe("Tape", () => {
  it("holds the choices that are not 0, and is read back as it was written", () => {
    const arbitrary = fc.record({
      choices: fc.array(fc.nat({ max: 2 }), { minLength: 3, maxLength: 3 }),
      order: fc.constantFrom("production" as const, "one at a time" as const),
      seed: fc.maxSafeInteger(),
      faults: fc.record({
        cancel: fc.boolean(),
        throw: fc.boolean(),
        slowClockMs: fc.constantFrom(0, 5, 0.25),
      }),
    });
    fc.assert(
      fc.property(arbitrary, ({ choices, order, seed, faults }) => {
        const tape = Tape.ofCourse(courseOf(choices), { order, seed, faults });
        assert.equal(tape.deviations.length, choices.filter((choice) => choice > 0).length);
        assert.deepEqual(Tape.parse(tape.toString()), tape);
      }),
    );
  });

  it("can be kept in a file", () => {
    const folder = mkdtempSync(join(tmpdir(), "tsyncio-tape-"));
    try {
      const tape = Tape.ofCourse(courseOf([0, 2, 0]), circumstances(5));
      writeFileSync(join(folder, "failure.tape"), `${tape.toString()}\n`);
      assert.deepEqual(Tape.parse(readFileSync(join(folder, "failure.tape"), "utf8")), tape);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is made from any choices, for every program", () => {
    const tape = Tape.of([0, 1, 0, 2], 9);
    assert.equal(tape.toString(), "tsyncio-tape-1.w.s9.f.any.2=1.4=2");
    assert.deepEqual(Tape.parse(tape.toString()), tape);
    assert.throws(() => Tape.of([1, -1]), /choice 2 of a tape is -1. Give integers from 0 on/);
    assert.throws(() => Tape.of([0.5]), InvalidArgument);
  });

  it("refuses what is no tape, is damaged, or was written by another version, and says what to do", () => {
    const good = Tape.ofCourse(courseOf([1]), circumstances(0)).toString();
    assert.throws(() => Tape.parse("14=1"), /tape is "14=1". A tape begins with tsyncio-tape-1/);
    assert.throws(() => Tape.parse(good.slice(0, -3)), /It is damaged: paste the whole of it/);
    assert.throws(() => Tape.parse(good.replace(".w.", ".x.")), /damaged/);
    assert.throws(
      () => Tape.parse(good.replace("tape-1", "tape-2")),
      /written by another version of tsyncio/,
    );
    assert.throws(() => Tape.parse(""), InvalidArgument);
  });

  it("never throws anything but InvalidArgument for any text", () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, prefixed) => {
        try {
          Tape.parse(prefixed ? `tsyncio-tape-1.${text}` : text);
        } catch (error) {
          assert.ok(error instanceof InvalidArgument);
        }
      }),
    );
  });
});

describe("TapeGuide", () => {
  const follow = (tape: Tape, names?: string[]): { guide: TapeGuide; course: Course } => {
    const guide = new TapeGuide(tape);
    const course = new Course(guide);
    for (let step = 0; step < 3; step++)
      course.choose("wake", 3, who(...(names ?? ["reader", "writer", "third"])));
    return { guide, course };
  };

  it("repeats the course it was made from", () => {
    const original = courseOf([0, 2, 1]);
    const { guide, course } = follow(Tape.ofCourse(original, circumstances(0)));
    assert.deepEqual(course.choices, [0, 2, 1]);
    assert.equal(guide.checkEnd(course), null);
  });

  it("notices a choice among others, at its step", () => {
    const { guide, course } = follow(Tape.ofCourse(courseOf([0, 2, 1]), circumstances(0)), [
      "a",
      "b",
      "c",
    ]);
    assert.match(
      guide.checkEnd(course)?.message ?? "",
      /at step 2 it takes alternative 2 of a choice that the program does not offer/,
    );
    assert.deepEqual(course.choices, [0, 0, 0]);
  });

  it("notices another course even where all choices are 0, or the program ends sooner", () => {
    const tape = Tape.ofCourse(courseOf([0, 0, 0]), circumstances(0));
    const other = follow(tape, ["a", "b", "c"]);
    assert.match(other.guide.checkEnd(other.course)?.message ?? "", /took another course, of 3/);
    const guide = new TapeGuide(tape);
    assert.match(guide.checkEnd(new Course(guide))?.message ?? "", /a run of 3 choices, .* of 0/);
  });

  it("takes the highest alternative there is where a tape for every program asks for more", () => {
    const { guide, course } = follow(Tape.of([7, 1]));
    assert.deepEqual(course.choices, [2, 1, 0]);
    assert.equal(guide.checkEnd(course), null);
  });
});
