/**
 * Starting tasks that end at once, and joining them all.
 *
 * Effect's counterpart of a spawn is its fork, which gives a fiber to join or interrupt. `effect` alone is its forEach, which needs
 * no promise and no handle for a body that has nothing to wait for.
 */
import { withTaskGroup } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case } from "../harness/contract.ts";
import { AmbientGroup } from "../plain/ambient.ts";
import { sumBelow } from "../plain/workers.ts";

async function promises(count: number): Promise<number> {
  let sum = 0;
  const work = async (index: number): Promise<void> => {
    sum += index;
  };
  const all: Array<Promise<void>> = [];
  for (let index = 0; index < count; index++) all.push(work(index));
  await Promise.all(all);
  return sum;
}

async function ambient(count: number): Promise<number> {
  let sum = 0;
  const work = async (index: number): Promise<void> => {
    sum += index;
  };
  const group = new AmbientGroup();
  for (let index = 0; index < count; index++) group.spawn(work, index);
  await group.join();
  return sum;
}

async function tsyncio(count: number): Promise<number> {
  let sum = 0;
  const work = async (index: number): Promise<void> => {
    sum += index;
  };
  await withTaskGroup((group) => {
    for (let index = 0; index < count; index++) group.spawn(work, index);
  });
  return sum;
}

export const benchCase: Case = {
  name: "spawn",
  title: "spawn 100,000 tasks, joined by their group",
  count: 100_000,
  figures: ["time"],
  reference: "promises",
  checksum: sumBelow,
  warmUps: 3,
  repeats: 7,
  contenders: {
    promises,
    ambient,
    tsyncio,
    effect: peer("effect", "spawn"),
    "effect, forked": peer("effect", "spawnForked"),
    "effect, gen": peer("effect", "spawnGen"),
    effection: peer("effection", "spawn", 0.02),
    asyncio,
    uvloop,
  },
  targets: [
    atMost(4, "promises"),
    atMost(1, "ambient"),
    atMost(0.5, "effect, forked"),
    atMost(0.1, "asyncio"),
  ],
};
