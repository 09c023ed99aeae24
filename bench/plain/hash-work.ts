/** Work for threads: SHA-256 over and over, of a record of 1 KB. Of its own, so that a thread loads nothing else. */
import { createHash } from "node:crypto";

function hash(record: string, rounds: number): string {
  let digest = record;
  for (let round = 0; round < rounds; round++) {
    digest = createHash("sha256").update(digest).digest("hex");
  }
  return digest;
}

/** About 8 us of work. */
export const hashLittle = (record: string): string => hash(record, 5);

/** About 70 us of work. */
export const hashMuch = (record: string): string => hash(record, 50);
