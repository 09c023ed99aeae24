import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Course, type Guide } from "../../src/testing/course.ts";
import { ChoicesGuide, nextChoices, ordinary } from "../../src/testing/guides.ts";
import { ReadyList } from "../../src/testing/ready-list.ts";

const named = (name: string): { name: string; path: string } => ({ name, path: name });

/** Takes everything out of a list of `names` under a guide. */
function order(names: string, guide: Guide): { order: string; course: Course } {
  const list = new ReadyList();
  const course = new Course(guide);
  for (const name of names) list.add(() => {}, named(name));
  let taken = "";
  while (list.size > 0) taken += list.take(course).who.name;
  return { order: taken, course };
}

describe("ReadyList", () => {
  it("is first come, first served where nothing is chosen", () => {
    assert.equal(order("abcd", ordinary).order, "abcd");
  });

  it("offers no choice where only one can go on", () => {
    assert.equal(order("a", ordinary).course.length, 0);
    assert.equal(order("abc", ordinary).course.length, 2);
  });

  it("holds back those who are passed until nobody else is left", () => {
    assert.equal(order("abcd", new ChoicesGuide([1])).order, "bcda");
    assert.equal(order("abcd", new ChoicesGuide([2])).order, "cdab");
  });

  it("lets those who come later go before one who is held back", () => {
    const list = new ReadyList();
    const course = new Course(new ChoicesGuide([1]));
    for (const name of "ab") list.add(() => {}, named(name));
    let taken = list.take(course).who.name;
    list.add(() => {}, named("c"));
    list.add(() => {}, named("d"));
    while (list.size > 0) taken += list.take(course).who.name;
    assert.equal(taken, "bcda");
  });

  it("takes one who is held back before those who are prompt, where that is chosen", () => {
    const list = new ReadyList();
    const course = new Course(new ChoicesGuide([1, 1]));
    for (const name of "ab") list.add(() => {}, named(name));
    let taken = list.take(course).who.name; // b; a is held back
    list.add(() => {}, named("c"));
    taken += list.take(course).who.name;
    taken += list.take(course).who.name;
    assert.equal(taken, "bac");
  });

  it("can bring about every order, each in one way", () => {
    const orders: string[] = [];
    for (let choices: number[] | null = []; choices !== null;) {
      const { order: taken, course } = order("abcd", new ChoicesGuide(choices));
      orders.push(taken);
      choices = nextChoices(course);
    }
    assert.equal(orders.length, 24);
    assert.equal(new Set(orders).size, 24);
  });
});
