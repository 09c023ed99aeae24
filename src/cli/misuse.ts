/** The command was called in a way that cannot work. It never leaves the command: it is printed, and the exit code is 2. */
export class Misuse extends Error {
  override readonly name = "Misuse";
}

/** The one of `words` that `wrong` probably stands for, or `undefined` where none is near. */
export function nearest(wrong: string, words: readonly string[]): string | undefined {
  const ranked = words
    .map((word) => ({ word, distance: distance(wrong, word) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= Math.max(1, Math.floor(wrong.length / 3))
    ? best.word
    : undefined;
}

/** How many letters must be put in, taken out or changed (Levenshtein, one row at a time). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
