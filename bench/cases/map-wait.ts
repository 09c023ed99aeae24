/** A bounded map whose function waits for one microtask. */
import { checkpoint, map } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case } from "../harness/contract.ts";
import { mapWithWorkers, numbers, sumBelow, sumOf } from "../plain/workers.ts";

const settled = Promise.resolve();

const fn = async (item: number): Promise<number> => {
  await settled;
  return item;
};

const fnWithCheckpoint = async (item: number): Promise<number> => {
  await checkpoint();
  return item;
};

export const benchCase: Case = {
  name: "map-wait",
  title: "map of 100,000 items at concurrency 64, one microtask wait",
  count: 100_000,
  figures: ["time"],
  reference: "worker loop",
  checksum: sumBelow,
  warmUps: 3,
  repeats: 7,
  contenders: {
    "worker loop": async (count) => sumOf(await mapWithWorkers(numbers(count), 64, fn)),
    tsyncio: async (count) => sumOf(await map(numbers(count), fn, { concurrency: 64 })),
    "tsyncio, checkpoint": async (count) =>
      sumOf(await map(numbers(count), fnWithCheckpoint, { concurrency: 64 })),
    effect: peer("effect", "mapWait"),
    "p-map": peer("p", "mapWait"),
    "p-limit": peer("p", "mapLimitWait"),
    "p-queue": peer("p", "mapQueueWait"),
    rxjs: peer("rxjs", "mapWait"),
    asyncio,
    uvloop,
  },
  targets: [atMost(1, "worker loop"), atMost(1, "p-map"), atMost(1, "effect")],
};
