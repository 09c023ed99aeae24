/** The decision of how a group is brought to its end: no clock, no process. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  LIVING,
  step,
  type GroupEvent,
  type GroupState,
  type Look,
} from "../../../src/io/process/ending.ts";

/** A group on which events fall, with the world around it. */
class Course {
  state: GroupState = LIVING;
  now = 0;
  isReaped = false;
  isPopulated = true;
  graceMs = 100;
  readonly signals: string[] = [];
  wakeAt: number | null = null;
  isGivenUp = false;

  on(event: GroupEvent): this {
    const look: Look = {
      now: this.now,
      isReaped: this.isReaped,
      isPopulated: this.isPopulated,
      graceMs: this.graceMs,
    };
    const taken = step(this.state, event, look);
    this.state = taken.state;
    this.signals.push(...taken.signals);
    this.wakeAt = taken.wakeAt;
    this.isGivenUp = taken.isGivenUp;
    return this;
  }

  /** Lets the armed timer fire. */
  due(): this {
    assert.notEqual(this.wakeAt, null, "a timer is armed");
    this.now = this.wakeAt as number;
    return this.on("due");
  }

  reaped(isPopulated: boolean): this {
    this.isReaped = true;
    this.isPopulated = isPopulated;
    return this.on("exit");
  }
}

describe("The ending of a process group", () => {
  it("is over when the leader has ended and left nobody behind, and sends nothing", () => {
    const course = new Course().reaped(false);
    assert.equal(course.state.phase, "gone");
    assert.deepEqual([course.signals, course.wakeAt], [[], null]);
  });

  it("asks with SIGTERM, wakes what is stopped, and arms the grace period", () => {
    const course = new Course().on("ask");
    assert.deepEqual(course.signals, ["SIGTERM", "SIGCONT"]);
    assert.equal(course.wakeAt, 100);
  });

  it("kills at once where there is no grace period", () => {
    const course = new Course();
    course.graceMs = 0;
    assert.deepEqual(course.on("ask").signals, ["SIGKILL"]);
  });

  it("waits for ever with an infinite grace period", () => {
    const course = new Course();
    course.graceMs = Infinity;
    course.on("ask");
    assert.equal(course.wakeAt, Infinity);
  });

  it("kills what is there when the grace period is over", () => {
    const course = new Course().on("ask").due();
    assert.equal(course.state.phase, "killing");
    assert.deepEqual(course.signals.slice(2), ["SIGKILL"]);
    assert.equal(course.reaped(false).state.phase, "gone");
  });

  it("leaves those alone whom the leader left behind, until somebody asks", () => {
    const course = new Course().reaped(true);
    assert.deepEqual([course.state.phase, course.signals, course.wakeAt], ["living", [], null]);
    assert.deepEqual(course.on("ask").signals, ["SIGTERM", "SIGCONT"]);
    assert.equal(course.wakeAt, 1);
  });

  it("looks for those who are left at growing intervals, and kills them at the end of the grace period", () => {
    const course = new Course().reaped(true).on("ask");
    const looks: number[] = [];
    while (course.state.phase === "terminating") {
      looks.push(course.now);
      course.due();
    }
    assert.deepEqual(looks, [0, 1, 3, 7, 15, 31, 63]);
    assert.equal(course.now, 100);
    assert.deepEqual(course.signals.slice(2), ["SIGKILL"]);
  });

  it("counts the grace period from the question, not from the end of the leader", () => {
    const course = new Course().on("ask");
    course.now = 99;
    course.reaped(true);
    assert.equal(course.wakeAt, 100);
    assert.equal(course.due().state.phase, "killing");
  });

  it("sends nothing to a group that is gone, whatever comes", () => {
    const course = new Course().on("ask").reaped(false);
    const { length } = course.signals;
    for (const event of ["ask", "due", "exit"] as const) course.on(event);
    assert.equal(course.signals.length, length);
    assert.equal(course.state.phase, "gone");
  });

  it("gives up what is there five seconds after it was killed, and says so", () => {
    const course = new Course().on("ask").due();
    course.due();
    assert.equal(course.now, 5_100);
    assert.equal(course.isGivenUp, true);
    assert.equal(course.state.phase, "gone");
  });

  it("always has a timer armed between the question and the end", () => {
    for (const isReaped of [false, true]) {
      const course = new Course();
      course.isReaped = isReaped;
      course.on("ask");
      for (let steps = 0; course.state.phase !== "gone" && steps < 1_000; steps++) course.due();
      assert.equal(course.state.phase, "gone");
    }
  });
});
