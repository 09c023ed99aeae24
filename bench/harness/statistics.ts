/** The middle of some figures and their spread. Medians, because a busy machine only ever makes a figure worse. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function summarise(figures: readonly number[]): Summary {
  return {
    median: median(figures),
    min: Math.min(...figures),
    max: Math.max(...figures),
    n: figures.length,
  };
}

/** How far a figure may be off by chance, as a part of it: half its spread. */
export function noise({ median: middle, min, max }: Summary): number {
  return (max - min) / 2 / middle;
}
