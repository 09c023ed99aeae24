/** One producer, one consumer, a queue of 64 between them. The targets are for the two ways of using ours, and the plain one. */
import { Queue, withTaskGroup } from "../../src/index.ts";
import { asyncio, atMost, peer, uvloop, type Case } from "../harness/contract.ts";
import { PromiseQueue } from "../plain/promise-queue.ts";
import { sumBelow } from "../plain/workers.ts";

const CAPACITY = 64;

async function promises(count: number): Promise<number> {
  const queue = new PromiseQueue<number>(CAPACITY);
  let sum = 0;
  const produce = async (): Promise<void> => {
    for (let item = 0; item < count; item++) await queue.put(item);
  };
  const consume = async (): Promise<void> => {
    for (let taken = 0; taken < count; taken++) sum += await queue.get();
  };
  await Promise.all([produce(), consume()]);
  return sum;
}

async function transformStream(count: number): Promise<number> {
  const { readable, writable } = new TransformStream<number, number>(
    {},
    new CountQueuingStrategy({ highWaterMark: CAPACITY }),
  );
  let sum = 0;
  const produce = async (): Promise<void> => {
    const writer = writable.getWriter();
    for (let item = 0; item < count; item++) {
      await writer.ready;
      void writer.write(item);
    }
    await writer.close();
  };
  const consume = async (): Promise<void> => {
    for await (const item of readable) sum += item;
  };
  await Promise.all([produce(), consume()]);
  return sum;
}

async function tsyncio(count: number): Promise<number> {
  const queue = new Queue<number>({ capacity: CAPACITY });
  let sum = 0;
  await withTaskGroup((group) => {
    group.spawn(async () => {
      for (let item = 0; item < count; item++) await queue.put(item);
    });
    group.spawn(async () => {
      for (let taken = 0; taken < count; taken++) sum += await queue.get();
    });
  });
  return sum;
}

async function forAwait(count: number): Promise<number> {
  const queue = new Queue<number>({ capacity: CAPACITY });
  let sum = 0;
  await withTaskGroup((group) => {
    group.spawn(async () => {
      using out = queue.producer();
      for (let item = 0; item < count; item++) await out.put(item);
    });
    group.spawn(async () => {
      for await (const item of queue) sum += item;
    });
  });
  return sum;
}

/** Waits only where there is no room, or nothing. */
async function tryFirst(count: number): Promise<number> {
  const queue = new Queue<number>({ capacity: CAPACITY });
  let sum = 0;
  await withTaskGroup((group) => {
    group.spawn(async () => {
      for (let item = 0; item < count; item++) {
        if (!queue.tryPut(item)) await queue.put(item);
      }
    });
    group.spawn(async () => {
      for (let taken = 0; taken < count; taken++) sum += queue.tryGet() ?? (await queue.get());
    });
  });
  return sum;
}

export const benchCase: Case = {
  name: "queue",
  title: "queue of capacity 64, one producer, one consumer, 1,000,000 items",
  count: 1_000_000,
  figures: ["time"],
  reference: "promises",
  checksum: sumBelow,
  warmUps: 1,
  repeats: 5,
  contenders: {
    promises,
    TransformStream: transformStream,
    tsyncio,
    "tsyncio, for await": forAwait,
    "tsyncio, try": tryFirst,
    effect: peer("effect", "queue"),
    "effection, by turns": peer("effection", "queue"),
    asyncio,
    uvloop,
  },
  targets: [
    atMost(0.75, "promises"),
    atMost(0.4, "promises", "tsyncio, for await"),
    atMost(0.4, "promises", "tsyncio, try"),
  ],
};
