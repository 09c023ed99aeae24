/** A time limit that is entered and left, and never ends anything: what every request pays. */
import { withTimeout } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case } from "../harness/contract.ts";
import { sumBelow } from "../plain/workers.ts";

const LIMIT_MS = 10_000;

async function abortSignal(count: number): Promise<number> {
  let sum = 0;
  const work = async (index: number): Promise<void> => {
    sum += index;
  };
  const onAbort = (): void => {
    throw new Error("the limit is never reached");
  };
  for (let index = 0; index < count; index++) {
    const signal = AbortSignal.timeout(LIMIT_MS);
    signal.addEventListener("abort", onAbort);
    await work(index);
    signal.removeEventListener("abort", onAbort);
  }
  return sum;
}

async function promiseRace(count: number): Promise<number> {
  let sum = 0;
  const work = async (index: number): Promise<void> => {
    sum += index;
  };
  for (let index = 0; index < count; index++) {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("the limit is never reached")), LIMIT_MS);
    });
    await Promise.race([work(index), limit]);
    clearTimeout(timer);
  }
  return sum;
}

async function tsyncio(count: number): Promise<number> {
  let sum = 0;
  const work = async (index: number): Promise<void> => {
    sum += index;
  };
  for (let index = 0; index < count; index++) await withTimeout(LIMIT_MS, () => work(index));
  return sum;
}

export const benchCase: Case = {
  name: "time-limit",
  title: "enter and leave a time limit",
  count: 100_000,
  figures: ["time"],
  reference: "AbortSignal.timeout",
  checksum: sumBelow,
  warmUps: 2,
  repeats: 5,
  contenders: {
    "AbortSignal.timeout": abortSignal,
    "Promise.race": promiseRace,
    tsyncio,
    effect: peer("effect", "timeLimit"),
    rxjs: peer("rxjs", "timeLimit"),
    asyncio,
    uvloop,
  },
  targets: [atMost(0.3, "AbortSignal.timeout")],
};
