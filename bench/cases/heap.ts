/** What a sleeping task occupies: 100,000 asleep, after a collection, against before. */
import { setTimeout as timer } from "node:timers/promises";
import { sleep, withTaskGroup } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case, type Meter } from "../harness/contract.ts";
import { AmbientGroup, ambientSleep } from "../plain/ambient.ts";

const HOUR_MS = 3_600_000;

async function promises(count: number, meter: Meter): Promise<number> {
  let asleep = 0;
  const work = async (): Promise<void> => {
    asleep++;
    await new Promise((resolve) => setTimeout(resolve, HOUR_MS));
  };
  const all: Array<Promise<void>> = [];
  for (let index = 0; index < count; index++) all.push(work());
  void Promise.all(all);
  await timer(50);
  meter.takeMemory();
  return asleep;
}

async function ambient(count: number, meter: Meter): Promise<number> {
  let asleep = 0;
  const work = async (): Promise<void> => {
    asleep++;
    await ambientSleep(HOUR_MS);
  };
  const group = new AmbientGroup();
  for (let index = 0; index < count; index++) group.spawn(work, undefined);
  void group.join();
  await timer(50);
  meter.takeMemory();
  return asleep;
}

async function tsyncio(count: number, meter: Meter): Promise<number> {
  let asleep = 0;
  const work = async (): Promise<void> => {
    asleep++;
    await sleep(HOUR_MS);
  };
  void withTaskGroup((group) => {
    for (let index = 0; index < count; index++) group.spawn(work);
  });
  await timer(50);
  meter.takeMemory();
  return asleep;
}

export const benchCase: Case = {
  name: "heap",
  title: "memory of a sleeping task",
  count: 100_000,
  figures: ["heap", "rss"],
  reference: "promises",
  checksum: (count) => count,
  warmUps: 0,
  repeats: 1,
  contenders: {
    promises,
    ambient,
    tsyncio,
    effect: peer("effect", "heap"),
    "effect, gen": peer("effect", "heapGen"),
    effection: peer("effection", "heap", 0.1),
    rxjs: peer("rxjs", "heap"),
    asyncio,
    uvloop,
  },
  targets: [
    { contender: "tsyncio", figure: "heap", against: null, bound: "at most", limit: 1_200 },
    atMost(0.85, "ambient", "tsyncio", "heap"),
  ],
};
