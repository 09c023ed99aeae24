/** A million tasks asleep at the same time, for 3 s, which is longer than starting them takes: the time from start to end, and the memory at its peak. */
import { sleep, withTaskGroup } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case } from "../harness/contract.ts";
import { AmbientGroup, ambientSleep } from "../plain/ambient.ts";

const SLEEP_MS = 3_000;

async function promises(count: number): Promise<number> {
  let awake = 0;
  const work = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, SLEEP_MS));
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
    await ambientSleep(SLEEP_MS);
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
    await sleep(SLEEP_MS);
    awake++;
  };
  await withTaskGroup((group) => {
    for (let index = 0; index < count; index++) group.spawn(work);
  });
  return awake;
}

export const benchCase: Case = {
  name: "million",
  title: "1,000,000 tasks sleeping 3 s",
  count: 1_000_000,
  figures: ["wall", "peak"],
  reference: "promises",
  checksum: (count) => count,
  warmUps: 0,
  repeats: 1,
  rounds: 3,
  contenders: { promises, ambient, tsyncio, effect: peer("effect", "million"), asyncio, uvloop },
  targets: [atMost(1.5, "promises", "tsyncio", "wall"), atMost(1.5, "promises", "tsyncio", "peak")],
};
