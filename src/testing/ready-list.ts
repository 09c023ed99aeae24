/**
 * The woken tasks that have not gone on yet, where wake-ups are let through one at a time.
 *
 * First come, first served, unless the guide holds somebody back. Choice `d` takes the entry at place `d` and holds back those
 * before it: they come again only when nobody else is left. So one deviation is enough to make a task late by any number
 * of steps of the others (delay-bounded scheduling: Emmi, Qadeer, Rakamaric, POPL 2011), and yet every order can be chosen,
 * since whoever is ready stands at some place.
 *
 * Invariant: the first `#prompt` entries are those that nobody held back, in the order of their waking; the others follow in the
 * order in which they were held back.
 */
import type { Observed } from "../kernel/instrument.ts";
import type { Chooser } from "./course.ts";

/** Somebody who can go on. */
export interface Ready {
  readonly who: Observed;
  readonly go: () => void;
}

export class ReadyList {
  /** Who can go on, and what lets each of them: two lists of one order, since a chooser is shown the first alone. */
  readonly #who: Observed[] = [];
  readonly #go: Array<() => void> = [];
  #prompt = 0;

  get size(): number {
    return this.#who.length;
  }

  add(go: () => void, who: Observed): void {
    const place = this.#prompt++;
    putIn(this.#who, place, who);
    putIn(this.#go, place, go);
  }

  /** Drops those who never go on: their machine has crashed. */
  drop(isDropped: (who: Observed) => boolean): void {
    for (let at = this.#who.length - 1; at >= 0; at--) {
      if (!isDropped(this.#who[at] as Observed)) continue;
      this.#who.splice(at, 1);
      this.#go.splice(at, 1);
      if (at < this.#prompt) this.#prompt--;
    }
  }

  /** Takes out who goes on next. Only while `size > 0`. */
  take(chooser: Chooser): Ready {
    const { length } = this.#who;
    const choice = length === 1 ? 0 : chooser.choose("wake", length, this.#who);
    const heldBack = Math.min(choice, this.#prompt);
    this.#prompt = Math.max(0, this.#prompt - heldBack - (choice < this.#prompt ? 1 : 0));
    return { who: takeOut(this.#who, choice, heldBack), go: takeOut(this.#go, choice, heldBack) };
  }
}

// `splice` makes an array for what it takes out, which is a tenth of the time of a short run.

function putIn<T>(items: T[], place: number, item: T): void {
  items.push(item);
  for (let at = items.length - 1; at > place; at--) items[at] = items[at - 1] as T;
  items[place] = item;
}

/** Takes the item at `place` out, and puts the first `passed` ones at the end. */
function takeOut<T>(items: T[], place: number, passed: number): T {
  const taken = items[place] as T;
  for (let at = place + 1; at < items.length; at++) items[at - 1] = items[at] as T;
  items.pop();
  for (let count = 0; count < passed; count++) items.push(items.shift() as T);
  return taken;
}
