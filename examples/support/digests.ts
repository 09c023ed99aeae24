/** What `hash-in-threads.ts` calls in other threads. */
import { createHash } from "node:crypto";
import { checkpoint } from "tsyncio";

const ROUNDS = 500;

/** A digest that takes its time, so that it is worth a thread. */
export function digest(text: string): string {
  if (text === "") throw new RangeError("nothing to digest");
  let digest = text;
  for (let round = 0; round < ROUNDS; round++) digest = createHash("sha256").update(digest).digest("hex");
  return digest.slice(0, 12);
}

/** Looks for a number whose digest is `wanted`. Lets cancellations in at each step. */
export async function search(wanted: string): Promise<number> {
  for (let n = 0; ; n++) {
    if (createHash("sha256").update(String(n)).digest("hex") === wanted) return n;
    await checkpoint();
  }
}
