/**
 * A simulated run of a program of four tasks that wait five times each, beside fast-check's scheduler with the same program. Ours has a
 * task tree, cancellation and virtual time besides; `by hand` is the least that choosing the next of some promises can cost.
 */
import { checkpoint, withTaskGroup } from "../../src/index.ts";
import { explore } from "../../src/testing.ts";
import { atMost, peer, type Case } from "../harness/contract.ts";

const TASKS = 4;
const WAITS = 5;

async function tsyncio(count: number): Promise<number> {
  let steps = 0;
  const task = async (): Promise<void> => {
    for (let wait = 0; wait < WAITS; wait++) {
      await checkpoint();
      steps++;
    }
  };
  await explore({ runs: count, strategy: "random", checksDeterminism: false }, () =>
    withTaskGroup((group) => {
      for (let at = 0; at < TASKS; at++) group.spawn(task);
    }),
  );
  return steps;
}

/** A list of resolvers, and a turn of the event loop between one and the next. */
async function byHand(count: number): Promise<number> {
  let steps = 0;
  for (let run = 0; run < count; run++) {
    const ready: Array<() => void> = [];
    const wait = (): Promise<void> => new Promise((resolve) => ready.push(resolve));
    const task = async (): Promise<void> => {
      for (let turn = 0; turn < WAITS; turn++) {
        await wait();
        steps++;
      }
    };
    const tasks = Promise.all(Array.from({ length: TASKS }, task));
    for (let next = run; ready.length > 0; next = (next * 1_103_515_245 + 12_345) % 2 ** 31) {
      ready.splice(next % ready.length, 1)[0]?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await tasks;
  }
  return steps;
}

export const benchCase: Case = {
  name: "simulate",
  title: "20,000 simulated runs of a program of 20 steps",
  count: 20_000,
  figures: ["time"],
  reference: "by hand",
  checksum: (count) => count * TASKS * WAITS,
  warmUps: 1,
  repeats: 3,
  contenders: {
    "by hand": byHand,
    tsyncio,
    "fc.scheduler": peer("fast-check", "simulate"),
  },
  // 20,000 runs a second on one core.
  targets: [
    { contender: "tsyncio", figure: "time", against: null, bound: "at most", limit: 50_000 },
    atMost(1, "fc.scheduler"),
  ],
};
