/** A hundred tasks that want the same lock all the time. */
import { Lock, withTaskGroup } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case } from "../harness/contract.ts";
import { DisposableLock, PromiseLock } from "../plain/promise-lock.ts";

const TASKS = 100;

async function promises(count: number): Promise<number> {
  const lock = new PromiseLock();
  let taken = 0;
  const work = async (): Promise<void> => {
    for (let index = 0; index < count / TASKS; index++) {
      await lock.acquire();
      try {
        taken++;
      } finally {
        lock.release();
      }
    }
  };
  await Promise.all(Array.from({ length: TASKS }, work));
  return taken;
}

async function promisesUsing(count: number): Promise<number> {
  const lock = new DisposableLock();
  let taken = 0;
  const work = async (): Promise<void> => {
    for (let index = 0; index < count / TASKS; index++) {
      using _ = await lock.acquire();
      taken++;
    }
  };
  await Promise.all(Array.from({ length: TASKS }, work));
  return taken;
}

async function tsyncio(count: number): Promise<number> {
  const lock = new Lock();
  let taken = 0;
  const work = async (): Promise<void> => {
    for (let index = 0; index < count / TASKS; index++) {
      const hold = await lock.acquire();
      try {
        taken++;
      } finally {
        hold.release();
      }
    }
  };
  await withTaskGroup((group) => {
    for (let task = 0; task < TASKS; task++) group.spawn(work);
  });
  return taken;
}

async function tsyncioUsing(count: number): Promise<number> {
  const lock = new Lock();
  let taken = 0;
  const work = async (): Promise<void> => {
    for (let index = 0; index < count / TASKS; index++) {
      using _ = await lock.acquire();
      taken++;
    }
  };
  await withTaskGroup((group) => {
    for (let task = 0; task < TASKS; task++) group.spawn(work);
  });
  return taken;
}

export const benchCase: Case = {
  name: "lock-contended",
  title: "lock contended by 100 tasks, 100,000 times",
  count: 100_000,
  figures: ["time"],
  reference: "promises",
  checksum: (count) => count,
  warmUps: 3,
  repeats: 7,
  contenders: {
    promises,
    "promises, using": promisesUsing,
    tsyncio,
    "tsyncio, using": tsyncioUsing,
    effect: peer("effect", "lockContended", 0.5),
    "async-mutex": peer("mutex", "mutexContended"),
    "async-sema": peer("mutex", "semaContended"),
    "p-limit": peer("p", "lockContended"),
    asyncio,
    uvloop,
  },
  targets: [atMost(0.8, "promises"), atMost(1.3, "promises", "tsyncio, using")],
};
