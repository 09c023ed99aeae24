import pLimit from "p-limit";
import pMap from "p-map";
import PQueue from "p-queue";
import { numbers, sumOf } from "../plain/workers.ts";

const settled = Promise.resolve();

const empty = async (item: number): Promise<number> => item;
const waiting = async (item: number): Promise<number> => {
  await settled;
  return item;
};

type Body = (item: number) => Promise<number>;

const withMap = async (count: number, fn: Body): Promise<number> =>
  sumOf(await pMap(numbers(count), fn, { concurrency: 64 }));

async function withLimit(count: number, fn: Body): Promise<number> {
  const limit = pLimit(64);
  return sumOf(await Promise.all(numbers(count).map((item) => limit(fn, item))));
}

async function withQueue(count: number, fn: Body): Promise<number> {
  const queue = new PQueue({ concurrency: 64 });
  return sumOf(await queue.addAll(numbers(count).map((item) => () => fn(item))));
}

export const mapEmpty = (count: number): Promise<number> => withMap(count, empty);
export const mapWait = (count: number): Promise<number> => withMap(count, waiting);
export const mapLimitEmpty = (count: number): Promise<number> => withLimit(count, empty);
export const mapLimitWait = (count: number): Promise<number> => withLimit(count, waiting);
export const mapQueueEmpty = (count: number): Promise<number> => withQueue(count, empty);
export const mapQueueWait = (count: number): Promise<number> => withQueue(count, waiting);

/** A limit of one is its lock. */
export async function lockFree(count: number): Promise<number> {
  const limit = pLimit(1);
  let sum = 0;
  for (let index = 0; index < count; index++) {
    await limit(() => {
      sum += index;
    });
  }
  return sum;
}

export async function lockContended(count: number): Promise<number> {
  const limit = pLimit(1);
  let taken = 0;
  const take = (): void => {
    taken++;
  };
  const work = async (): Promise<void> => {
    for (let index = 0; index < count / 100; index++) await limit(take);
  };
  await Promise.all(Array.from({ length: 100 }, work));
  return taken;
}
