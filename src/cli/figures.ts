/** Numbers as people read them. */

const byteUnits = ["B", "kB", "MB", "GB", "TB"] as const;

/** `17 B`, `12.4 kB`, `3.0 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.95 kB would be rounded to 1000.0 kB: the next unit begins where rounding does.
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1_000;
    unit++;
  }
  const digits = unit > 0 && value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

/** `83 ms`, `1.24 s`, `2 min 5 s`. */
export function formatMs(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1_000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `1 page`, `2 pages`. */
export function count(n: number, word: string): string {
  return `${n} ${n === 1 ? word : `${word}s`}`;
}

/** The smallest value that at least `share` (0 to 1) of the sorted values do not exceed (nearest rank). */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
