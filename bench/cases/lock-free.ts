/** Taking and releasing a lock that nobody else wants. */
import { Lock } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case } from "../harness/contract.ts";
import { DisposableLock, PromiseLock } from "../plain/promise-lock.ts";
import { sumBelow } from "../plain/workers.ts";

async function promises(count: number): Promise<number> {
  const lock = new PromiseLock();
  let sum = 0;
  for (let index = 0; index < count; index++) {
    await lock.acquire();
    try {
      sum += index;
    } finally {
      lock.release();
    }
  }
  return sum;
}

async function promisesUsing(count: number): Promise<number> {
  const lock = new DisposableLock();
  let sum = 0;
  for (let index = 0; index < count; index++) {
    using _ = await lock.acquire();
    sum += index;
  }
  return sum;
}

async function tsyncio(count: number): Promise<number> {
  const lock = new Lock();
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const hold = await lock.acquire();
    try {
      sum += index;
    } finally {
      hold.release();
    }
  }
  return sum;
}

async function tsyncioUsing(count: number): Promise<number> {
  const lock = new Lock();
  let sum = 0;
  for (let index = 0; index < count; index++) {
    using _ = await lock.acquire();
    sum += index;
  }
  return sum;
}

async function tsyncioTry(count: number): Promise<number> {
  const lock = new Lock();
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const hold = lock.tryAcquire() ?? (await lock.acquire());
    try {
      sum += index;
    } finally {
      hold.release();
    }
  }
  return sum;
}

export const benchCase: Case = {
  name: "lock-free",
  title: "lock, free, 1,000,000 times",
  count: 1_000_000,
  figures: ["time"],
  reference: "promises",
  checksum: sumBelow,
  warmUps: 2,
  repeats: 5,
  contenders: {
    promises,
    "promises, using": promisesUsing,
    tsyncio,
    "tsyncio, using": tsyncioUsing,
    "tsyncio, tryAcquire": tsyncioTry,
    effect: peer("effect", "lockFree"),
    "async-mutex": peer("mutex", "mutexFree", 0.3),
    "async-sema": peer("mutex", "semaFree"),
    "p-limit": peer("p", "lockFree", 0.3),
    asyncio,
    uvloop,
  },
  targets: [
    atMost(1.5, "promises"),
    atMost(1.2, "promises, using", "tsyncio, using"),
    atMost(0.5, "promises", "tsyncio, tryAcquire"),
  ],
};
