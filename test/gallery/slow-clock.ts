import assert from "node:assert/strict";
import { sleep, withTaskGroup } from "../../src/index.ts";
import type { Body, Exhibit } from "./exhibit.ts";

const TTL_MS = 50;

interface Lease {
  holder: string;
  readonly writes: string[];
}

async function work(lease: Lease): Promise<void> {
  lease.holder = "worker";
  await sleep(TTL_MS / 2); // half the lease: it cannot have run out
  lease.writes.push("worker");
}

async function workWhileHeld(lease: Lease): Promise<void> {
  lease.holder = "worker";
  await sleep(TTL_MS / 2);
  if (lease.holder === "worker") lease.writes.push("worker");
}

function jobs(working: typeof work): Body {
  return async () => {
    const lease: Lease = { holder: "nobody", writes: [] };
    await withTaskGroup((group) => {
      group.spawn("worker", working, lease);
      group.spawn("successor", async () => {
        await sleep(TTL_MS);
        lease.holder = "successor";
        lease.writes.push("successor");
      });
    });
    assert.equal(lease.writes.at(-1), "successor");
  };
}

export const slowClock: Exhibit = {
  name: "slow clock under a lease",
  says: "A sleep of half a lease is taken to end before the lease does, in a process that may be held up for longer.",
  kind: "error",
  hidden: true,
  options: { faults: { slowClockMs: 40 } },
  wrong: jobs(work),
  corrected: jobs(workWhileHeld),
};
