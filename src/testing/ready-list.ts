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
  readonly go: () => void;
  readonly who: Observed;
}

export class ReadyList {
  #entries: Ready[] = [];
  #prompt = 0;

  get size(): number {
    return this.#entries.length;
  }

  add(go: () => void, who: Observed): void {
    const entry = { go, who };
    if (this.#prompt === this.#entries.length) this.#entries.push(entry);
    else this.#entries.splice(this.#prompt, 0, entry);
    this.#prompt++;
  }

  /** Takes out who goes on next. Only while `size > 0`. */
  take(chooser: Chooser): Ready {
    const entries = this.#entries;
    const [first] = entries as [Ready];
    if (entries.length === 1) {
      this.#entries = [];
      this.#prompt = 0;
      return first;
    }
    const who = entries.map((entry) => entry.who);
    const choice = chooser.choose("wake", entries.length, who);
    if (choice === 0) {
      entries.shift();
      if (this.#prompt > 0) this.#prompt--;
      return first;
    }
    const late = entries.splice(0, Math.min(choice, this.#prompt));
    const taken = entries.splice(choice - late.length, 1)[0] ?? first;
    this.#prompt -= late.length + (choice < this.#prompt ? 1 : 0);
    entries.push(...late);
    return taken;
  }
}
