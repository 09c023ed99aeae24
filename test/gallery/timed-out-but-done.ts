import assert from "node:assert/strict";
import { Future, Queue, sleep, TimeoutError, withTaskGroup, withTimeout } from "../../src/index.ts";
import type { Body, Exhibit } from "./exhibit.ts";

interface Charge {
  readonly key: string;
  readonly done: Future<void>;
}

function isNew(): boolean {
  return true;
}

/** A charge that comes again is the same charge. */
function isNewKey(charged: readonly string[], key: string): boolean {
  return !charged.includes(key);
}

async function pay(charges: Queue<Charge>): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const done = new Future<void>({ name: "charge" });
    await charges.put({ key: "order 1", done });
    try {
      await withTimeout(12, () => done.wait());
      return;
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
  }
}

function checkout(isToBeCharged: typeof isNewKey): Body {
  return async () => {
    const charges = new Queue<Charge>({ capacity: 1, name: "charges" });
    const charged: string[] = [];
    await withTaskGroup(async (group) => {
      group.spawnService("bank", async () => {
        for await (const { key, done } of charges) {
          await sleep(10);
          if (isToBeCharged(charged, key)) charged.push(key);
          done.resolve();
        }
      });
      await group.spawn("shop", pay, charges).join();
    });
    assert(charged.length <= 1, `charged ${charged.length} times`);
  };
}

export const timedOutButDone: Exhibit = {
  name: "charge timed out but done",
  says: "A charge that is done just as its time is up is charged once more, since a timeout is taken for a failure.",
  kind: "error",
  hidden: true,
  options: { faults: { slowClockMs: 5 } },
  wrong: checkout(isNew),
  corrected: checkout(isNewKey),
};
