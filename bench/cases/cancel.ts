/** Cancelling sleeping tasks and waiting until each has run its clean-up. Making them is not measured. */
import { setImmediate as turn } from "node:timers/promises";
import { sleep, withCancelScope, withTaskGroup } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case, type Meter } from "../harness/contract.ts";
import { AmbientGroup, ambientSleep } from "../plain/ambient.ts";

const HOUR_MS = 3_600_000;

async function promises(count: number, meter: Meter): Promise<number> {
  let cleaned = 0;
  const cancels: Array<(reason: unknown) => void> = [];
  const work = async (): Promise<void> => {
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, HOUR_MS);
        cancels.push((reason) => {
          clearTimeout(timer);
          reject(reason);
        });
      });
    } finally {
      cleaned++;
    }
  };
  const all: Array<Promise<void>> = [];
  for (let index = 0; index < count; index++) all.push(work());
  const ended = Promise.allSettled(all);
  await turn();
  meter.start();
  const reason = new Error("cancelled");
  for (const cancel of cancels) cancel(reason);
  await ended;
  return cleaned;
}

async function ambient(count: number, meter: Meter): Promise<number> {
  let cleaned = 0;
  const work = async (): Promise<void> => {
    try {
      await ambientSleep(HOUR_MS);
    } finally {
      cleaned++;
    }
  };
  const group = new AmbientGroup();
  for (let index = 0; index < count; index++) group.spawn(work, undefined);
  await turn();
  meter.start();
  group.cancel(new Error("cancelled"));
  await group.join();
  return cleaned;
}

async function tsyncio(count: number, meter: Meter): Promise<number> {
  let cleaned = 0;
  const work = async (): Promise<void> => {
    try {
      await sleep(HOUR_MS);
    } finally {
      cleaned++;
    }
  };
  await withCancelScope(async (scope) => {
    await withTaskGroup(async (group) => {
      for (let index = 0; index < count; index++) group.spawn(work);
      await turn();
      meter.start();
      scope.cancel();
    });
  });
  return cleaned;
}

export const benchCase: Case = {
  name: "cancel",
  title: "cancel 100,000 sleeping tasks and wait for their end",
  count: 100_000,
  figures: ["time"],
  reference: "promises",
  checksum: (count) => count,
  warmUps: 1,
  repeats: 5,
  contenders: {
    promises,
    ambient,
    tsyncio,
    effect: peer("effect", "cancel"),
    effection: peer("effection", "cancel", 0.02),
    rxjs: peer("rxjs", "cancel"),
    asyncio,
    uvloop,
  },
  targets: [atMost(1, "promises")],
};
