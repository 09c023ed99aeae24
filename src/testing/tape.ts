/**
 * A tape: the choices of one run that were out of the ordinary, and by what the program they belong to is known.
 *
 * As text: `tsyncio-tape-1.w.s0.fc.n52-9c31af02.14=1-3f9a0b1c`. The format; the order of wake-ups (`p`: production, `w`: one at a time);
 * the seed of what the program draws; the faults that were possible (`c`: cancel, `t`: throw, `x`: crashThreads, `n` and the first letters of network faults, `h`: crashHosts, a number: slowClockMs); how many choices there were, and the hash of all that was offered; then, for each choice that
 * is not 0, its step (from 1), its value, and the hash of what had been offered until then. A tape without hashes fits every program.
 */
import { show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import type { Choice, Course, Guide } from "./course.ts";
import { TapeMismatch } from "./errors.ts";
import type { FaultOptions } from "./faults.ts";
import { networkFaults, networkFaultsIn, type NetworkFaultOptions } from "./net/network-faults.ts";
import type { WakeOrder } from "./simulated-turn.ts";

const FORMAT = "tsyncio-tape-1";

/** A choice that was not 0. `step` counts from 1. `offered` is null on a tape that fits every program. */
export interface Deviation {
  readonly step: number;
  readonly choice: number;
  readonly offered: number | null;
}

/** Under what the choices were made. */
interface Circumstances {
  readonly order: WakeOrder;
  readonly seed: number;
  readonly faults: FaultOptions;
}

type TapeEnd = NonNullable<Tape["end"]>;

/** The choices of a run, to replay it. Made by a simulation that fails (`error.tape`), by `Tape.parse`, or by `Tape.of`. */
export class Tape {
  readonly order: WakeOrder;
  readonly seed: number;
  readonly faults: Required<FaultOptions>;
  readonly deviations: readonly Deviation[];
  /** How the run ended: how many choices it had, and the hash of what was offered. Null on a tape that fits every program. */
  readonly end: { readonly steps: number; readonly offered: number } | null;

  private constructor(
    { order, seed, faults }: Circumstances,
    deviations: readonly Deviation[],
    end: TapeEnd | null,
  ) {
    this.order = order;
    this.seed = seed;
    const { cancel = false, throw: throws = false, crashThreads = false, slowClockMs = 0 } = faults;
    const { network = false, crashHosts = false } = faults;
    this.faults = { cancel, throw: throws, crashThreads, network, crashHosts, slowClockMs };
    this.deviations = deviations;
    this.end = end;
  }

  /** @internal The tape of a run. */
  static ofCourse(course: Course, circumstances: Circumstances): Tape {
    const deviations = course.choices.flatMap((choice, at) =>
      choice === 0 ? [] : [{ step: at + 1, choice, offered: course.offered[at] ?? null }],
    );
    return new Tape(circumstances, deviations, { steps: course.length, offered: course.hash });
  }

  /**
   * A tape that fits every program: wake-ups come one at a time, and the choices are taken in turn, 0 when they have run out. One that is
   * too high for what is offered counts as the highest.
   *
   * @throws {InvalidArgument} when a choice is no integer from 0 on.
   */
  static of(choices: readonly number[], seed: number = 0): Tape {
    if (!Array.isArray(choices))
      throw new InvalidArgument(`choices of a tape are ${show(choices)}. Give an array of integers.`);
    if (!Number.isSafeInteger(seed))
      throw new InvalidArgument(`seed of a tape is ${show(seed)}. Give an integer.`);
    const deviations = choices.flatMap((choice, at) => {
      if (!Number.isSafeInteger(choice) || choice < 0)
        throw new InvalidArgument(
          `choice ${at + 1} of a tape is ${show(choice)}. Give integers from 0 on.`,
        );
      return choice === 0 ? [] : [{ step: at + 1, choice, offered: null }];
    });
    return new Tape({ order: "one at a time", seed, faults: {} }, deviations, null);
  }

  /**
   * Reads what `toString` wrote.
   *
   * @throws {InvalidArgument} when it is no tape, or one of another format.
   */
  static parse(text: string): Tape {
    if (typeof text !== "string")
      throw new InvalidArgument(`tape is ${show(text)}. Give the text that its toString gave.`);
    const [format, order, seed, faults, end, ...rest] = text.trim().split(".");
    if (format !== FORMAT) {
      const hint = format?.startsWith("tsyncio-tape-")
        ? `It was written by another version of tsyncio, whose tapes this one cannot follow: search anew.`
        : `A tape begins with ${FORMAT}, and stands in the message of the failed simulation.`;
      throw new InvalidArgument(`tape is ${show(text)}. ${hint}`);
    }
    try {
      const deviations = rest.map(deviationIn);
      if (order !== "p" && order !== "w") throw new TypeError("order");
      if (deviations.some(({ step }, at) => step <= (deviations[at - 1]?.step ?? 0)))
        throw new TypeError("steps");
      const circumstances: Circumstances = {
        order: order === "p" ? "production" : "one at a time",
        seed: seedIn(seed),
        faults: faultsIn(faults),
      };
      return new Tape(circumstances, deviations, endIn(end));
    } catch {
      throw new InvalidArgument(
        `tape is ${show(text)}. It is damaged: paste the whole of it, from ${FORMAT} on.`,
      );
    }
  }

  toString(): string {
    const end = this.end === null ? "any" : `n${this.end.steps}-${hex(this.end.offered)}`;
    const choices = this.deviations.map(({ step, choice, offered }) =>
      offered === null ? `${step}=${choice}` : `${step}=${choice}-${hex(offered)}`,
    );
    const { cancel, throw: throws, crashThreads, crashHosts, slowClockMs } = this.faults;
    const network = lettersOf(this.faults.network);
    const own = `${cancel ? "c" : ""}${throws ? "t" : ""}${crashThreads ? "x" : ""}`;
    const which = `${own}${network === "" ? "" : `n${network}`}${crashHosts ? "h" : ""}`;
    const faults = `f${which}${slowClockMs === 0 ? "" : slowClockMs}`;
    const order = this.order === "production" ? "p" : "w";
    return [FORMAT, order, `s${this.seed}`, faults.replace(".", "_"), end, ...choices].join(".");
  }
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, "0");
}

function seedIn(text: string | undefined): number {
  const seed = integer(/^s(-?\d+)$/, text);
  if (!Number.isSafeInteger(seed)) throw new TypeError("seed");
  return seed;
}

function faultsIn(text: string | undefined): FaultOptions {
  const form = /^f(c?)(t?)(x?)(?:n([rsplc]+))?(h?)((?:\d[\de_+-]*)?)$/;
  const [, cancel, throws, crashes, network, hosts, slowClockMs] = matched(form, text);
  return {
    cancel: cancel === "c",
    throw: throws === "t",
    crashThreads: crashes === "x",
    network: network === undefined ? false : networkFaultsOf(network),
    crashHosts: hosts === "h",
    slowClockMs: durationIn((slowClockMs ?? "").replace("_", ".")),
  };
}

function lettersOf(network: boolean | NetworkFaultOptions): string {
  const wanted = networkFaultsIn(network);
  return networkFaults.map((fault) => (wanted[fault] ? fault.slice(0, 1) : "")).join("");
}

function networkFaultsOf(letters: string): NetworkFaultOptions {
  return Object.fromEntries(networkFaults.map((fault) => [fault, letters.includes(fault.slice(0, 1))]));
}

function durationIn(text: string): number {
  const ms = Number(text);
  if (Number.isNaN(ms)) throw new TypeError("slowClockMs");
  return ms;
}

function endIn(text: string | undefined): TapeEnd | null {
  if (text === "any") return null;
  const [, steps, offered] = matched(/^n(\d+)-([0-9a-f]{8})$/, text);
  return { steps: Number(steps), offered: Number.parseInt(offered ?? "", 16) };
}

function deviationIn(text: string): Deviation {
  const [, step, choice, offered] = matched(/^(\d+)=(\d+)(?:-([0-9a-f]{8}))?$/, text);
  return {
    step: Number(step),
    choice: Number(choice),
    offered: offered === undefined ? null : Number.parseInt(offered, 16),
  };
}

function integer(pattern: RegExp, text: string | undefined): number {
  return Number(matched(pattern, text)[1]);
}

function matched(pattern: RegExp, text: string | undefined): RegExpExecArray {
  const found = pattern.exec(text ?? "");
  if (found === null) throw new TypeError("no match");
  return found;
}

/** Follows a tape, and notices where it does not fit. */
export class TapeGuide implements Guide {
  mismatch: TapeMismatch | null = null;
  readonly #tape: Tape;
  readonly #deviations: ReadonlyMap<number, Deviation>;

  constructor(tape: Tape) {
    this.#tape = tape;
    this.#deviations = new Map(tape.deviations.map((deviation) => [deviation.step, deviation]));
  }

  choose({ step, of, offered }: Choice): number {
    const deviation = this.#deviations.get(step + 1);
    if (deviation === undefined) return 0;
    const fits = deviation.offered === null || deviation.offered === offered;
    if (fits) return Math.min(deviation.choice, of - 1);
    this.mismatch ??= new TapeMismatch(
      `at step ${step + 1} it takes alternative ${deviation.choice} of a choice that the program does not offer there`,
    );
    return 0;
  }

  /** What is wrong with the course at its end; null where it is the one that the tape was made from. */
  checkEnd(course: Course): TapeMismatch | null {
    const { end } = this.#tape;
    if (this.mismatch !== null || end === null) return this.mismatch;
    if (course.length === end.steps && course.hash === end.offered) return null;
    return new TapeMismatch(
      `it was made from a run of ${end.steps} choices, and the program, following it, took another course, of ${course.length} choices ` +
        `or among other operations`,
    );
  }
}
