/** The hand-written bounded map: so many workers that pull the next index. What fails stops them all, when it is awaited. */
export async function mapWithWorkers<T, R>(
  items: readonly T[],
  concurrency: number,
  fn: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await fn(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}

/** The numbers from 0 on, as items; and their sum, as the checksum. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

export function sumBelow(count: number): number {
  return (count * (count - 1)) / 2;
}

export function sumOf(items: readonly number[]): number {
  let sum = 0;
  for (const item of items) sum += item;
  return sum;
}
