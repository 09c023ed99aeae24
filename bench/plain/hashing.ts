/** What the contenders of the thread cases share: the records, the checksum, and a loop that keeps 64 calls under way. */
import type { Meter } from "../harness/contract.ts";
import { hashLittle, hashMuch } from "./hash-work.ts";

export type Hash = "hashLittle" | "hashMuch";
export const hashes = { hashLittle, hashMuch };
/** Of each pool. The machine has two cores. */
export const THREADS = 2;
const UNDER_WAY = 64;

function records(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index).padEnd(1_024, "x"));
}

/** Of the digests' first six digits, so that a digest that is wrong or lost shows. */
export class Checksum {
  sum = 0;

  add(digest: string): void {
    this.sum += Number.parseInt(digest.slice(0, 6), 16);
  }
}

export function checksumOf(name: Hash): (count: number) => number {
  return (count) => {
    const checksum = new Checksum();
    for (const record of records(count)) checksum.add(hashes[name](record));
    return checksum.sum;
  };
}

/** Measures `work` on `count` records, which are made beforehand. */
export async function overRecords(
  count: number,
  meter: Meter,
  work: (records: readonly string[], checksum: Checksum) => Promise<void> | void,
): Promise<number> {
  const made = records(count);
  const checksum = new Checksum();
  meter.start();
  await work(made, checksum);
  meter.stop();
  return checksum.sum;
}

/** Calls `hash` for each record, a call a record, 64 of them under way: the way to feed a pool whose calls are promises. */
export function callEach(
  count: number,
  meter: Meter,
  hash: (record: string) => PromiseLike<string>,
): Promise<number> {
  return overRecords(count, meter, async (made, checksum) => {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < made.length) checksum.add(await hash(made[next++] as string));
    };
    await Promise.all(Array.from({ length: UNDER_WAY }, lane));
  });
}
