/** A bounded map whose function has nothing to wait for: what the map itself costs. */
import { map } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case } from "../harness/contract.ts";
import { mapWithWorkers, numbers, sumBelow, sumOf } from "../plain/workers.ts";

const fn = async (item: number): Promise<number> => item;

export const benchCase: Case = {
  name: "map-empty",
  title: "map of 100,000 items at concurrency 64, empty body",
  count: 100_000,
  figures: ["time"],
  reference: "worker loop",
  checksum: sumBelow,
  warmUps: 3,
  repeats: 7,
  contenders: {
    "worker loop": async (count) => sumOf(await mapWithWorkers(numbers(count), 64, fn)),
    tsyncio: async (count) => sumOf(await map(numbers(count), fn, { concurrency: 64 })),
    effect: peer("effect", "mapEmpty"),
    "p-map": peer("p", "mapEmpty"),
    "p-limit": peer("p", "mapLimitEmpty"),
    "p-queue": peer("p", "mapQueueEmpty"),
    rxjs: peer("rxjs", "mapEmpty"),
    asyncio,
    uvloop,
  },
  targets: [atMost(1.3, "worker loop"), atMost(1, "p-map"), atMost(1, "effect")],
};
