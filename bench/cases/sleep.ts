/** Tasks that all sleep at the same time. */
import { setTimeout as timer } from "node:timers/promises";
import { sleep, withTaskGroup } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case } from "../harness/contract.ts";
import { AmbientGroup, ambientSleep } from "../plain/ambient.ts";

async function promises(count: number): Promise<number> {
  let awake = 0;
  const work = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    awake++;
  };
  const all: Array<Promise<void>> = [];
  for (let index = 0; index < count; index++) all.push(work());
  await Promise.all(all);
  return awake;
}

async function timersPromises(count: number): Promise<number> {
  let awake = 0;
  const work = async (): Promise<void> => {
    await timer(1);
    awake++;
  };
  const all: Array<Promise<void>> = [];
  for (let index = 0; index < count; index++) all.push(work());
  await Promise.all(all);
  return awake;
}

async function ambient(count: number): Promise<number> {
  let awake = 0;
  const work = async (): Promise<void> => {
    await ambientSleep(1);
    awake++;
  };
  const group = new AmbientGroup();
  for (let index = 0; index < count; index++) group.spawn(work, undefined);
  await group.join();
  return awake;
}

async function tsyncio(count: number): Promise<number> {
  let awake = 0;
  const work = async (): Promise<void> => {
    await sleep(1);
    awake++;
  };
  await withTaskGroup((group) => {
    for (let index = 0; index < count; index++) group.spawn(work);
  });
  return awake;
}

export const benchCase: Case = {
  name: "sleep",
  title: "100,000 tasks sleeping 1 ms",
  count: 100_000,
  figures: ["time"],
  reference: "promises",
  checksum: (count) => count,
  warmUps: 2,
  repeats: 5,
  contenders: {
    promises,
    "timers/promises": timersPromises,
    ambient,
    tsyncio,
    effect: peer("effect", "sleep"),
    "effect, gen": peer("effect", "sleepGen"),
    effection: peer("effection", "sleep", 0.02),
    rxjs: peer("rxjs", "sleep"),
    asyncio,
    uvloop,
  },
  targets: [atMost(1.2, "promises")],
};
