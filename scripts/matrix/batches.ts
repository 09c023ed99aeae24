/**
 * Which test files run together. A process that runs one file spends most of its time on its own start and on loading the
 * library; in a batch that is paid for once.
 */
import { globSync } from "node:fs";

/** Files in a batch, at most: enough to make the start cheap, few enough that the last batch is not waited for long. */
const filesInBatch = 20;

/** Processes that run at once. */
export const processesAtOnce = 2;

/** The files that `patterns` name below `folder`, in the same order on every machine. */
export function findTestFiles(folder: string, patterns: readonly string[]): string[] {
  const files = globSync([...patterns], { cwd: folder });
  return [...new Set(files.map((path) => path.replaceAll("\\", "/")))].sort();
}

/**
 * Deals files into as few batches as it takes, which depends on the list alone. Neighbours go to different batches: files of
 * one folder tend to be alike, and slow together.
 */
export function deal(files: readonly string[], most: number = filesInBatch): string[][] {
  const count = Math.ceil(files.length / most);
  return Array.from({ length: count }, (_, at) => files.filter((_file, index) => index % count === at));
}

/** Does `work` for each item, for at most `atOnce` of them at a time. */
export async function forEachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
