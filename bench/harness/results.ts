/** Collected figures, and the rows that come of them. */
import type { Case, Figure, Target } from "./contract.ts";
import { median, noise, summarise, type Summary } from "./statistics.ts";

/** One line of the table: a contender's figure in one case. */
export interface Row {
  readonly contender: string;
  readonly figure: Figure;
  readonly summary: Summary;
  /** Against the reference of the case, round by round: what slows the machine for a while slows both. */
  readonly ratio: Summary | null;
}

export interface Verdict {
  readonly target: Target;
  /** What was measured: a ratio, or a figure. */
  readonly measured: number;
  readonly met: boolean;
}

/** What the rounds of one case gave. */
export class CaseResult {
  readonly benchCase: Case;
  /** Why a contender has no figures. */
  readonly failures: Map<string, string> = new Map();
  readonly #figures: Map<string, Array<Partial<Record<Figure, number>> | null>> = new Map();

  constructor(benchCase: Case) {
    this.benchCase = benchCase;
  }

  /** Adds the figures of one process; null where it failed. Every contender gets one entry a round. */
  add(contender: string, figures: Partial<Record<Figure, number>> | null): void {
    const rounds = this.#figures.get(contender) ?? [];
    rounds.push(figures);
    this.#figures.set(contender, rounds);
  }

  rows(figure: Figure): Row[] {
    const { reference, contenders } = this.benchCase;
    return Object.keys(contenders).flatMap((contender) => {
      const values = this.#values(contender, figure).filter((value) => value !== undefined);
      if (values.length === 0) return [];
      return [
        {
          contender,
          figure,
          summary: summarise(values),
          ratio: this.#ratio(contender, reference, figure),
        },
      ];
    });
  }

  /** Whether the targets are met; those whose figures are missing are left out. */
  verdicts(): Verdict[] {
    return this.benchCase.targets.flatMap((target) => {
      const { contender, against, figure, bound, limit } = target;
      const found =
        against === null
          ? median(this.#values(contender, figure).filter((value) => value !== undefined))
          : (this.#ratio(contender, against, figure)?.median ?? Number.NaN);
      const measured = bound === "times better" ? 1 / found : found;
      const met = bound === "at most" ? measured <= limit : measured >= limit;
      return Number.isNaN(measured) ? [] : [{ target, measured, met }];
    });
  }

  #values(contender: string, figure: Figure): Array<number | undefined> {
    return (this.#figures.get(contender) ?? []).map((figures) => figures?.[figure]);
  }

  #ratio(contender: string, against: string, figure: Figure): Summary | null {
    const others = this.#values(against, figure);
    const ratios = this.#values(contender, figure).flatMap((value, round) => {
      const other = others[round];
      return value === undefined || other === undefined ? [] : [value / other];
    });
    return ratios.length === 0 ? null : summarise(ratios);
  }
}

/** A change of one of our ratios since an earlier run: 0.1 is ten percent slower or bigger. */
export interface Change {
  readonly place: string;
  readonly change: number;
  readonly noise: number;
}

/** A run as it is saved: our own ratios, which survive a change of machine better than nanoseconds. */
export interface SavedRun {
  readonly date: string;
  readonly ratios: Readonly<Record<string, Summary>>;
}

export function ownRatios(results: readonly CaseResult[]): Record<string, Summary> {
  const ratios: Record<string, Summary> = {};
  for (const result of results) {
    for (const figure of result.benchCase.figures) {
      for (const { contender, ratio } of result.rows(figure)) {
        if (contender.startsWith("tsyncio") && ratio !== null) {
          ratios[`${result.benchCase.name} | ${contender} | ${figure}`] = ratio;
        }
      }
    }
  }
  return ratios;
}

/** What has changed by more than chance explains, in either direction. */
export function changesSince(saved: SavedRun, ratios: Readonly<Record<string, Summary>>): Change[] {
  return Object.entries(ratios).flatMap(([place, now]) => {
    const before = saved.ratios[place];
    if (before === undefined) return [];
    const change = now.median / before.median - 1;
    const chance = Math.max(noise(now), noise(before), 0.03);
    return Math.abs(change) > chance ? [{ place, change, noise: chance }] : [];
  });
}
