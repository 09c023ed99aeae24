import { defer, finalize, from, lastValueFrom, mergeMap, range, reduce, timeout, timer } from "rxjs";
import type { Meter } from "../harness/contract.ts";

const HOUR_MS = 3_600_000;
const add = (sum: number, item: number): number => sum + item;

export function sleep(count: number): Promise<number> {
  return lastValueFrom(
    range(0, count).pipe(
      mergeMap(() => timer(1)),
      reduce((awake) => awake + 1, 0),
    ),
  );
}

export function mapEmpty(count: number): Promise<number> {
  const fn = async (item: number): Promise<number> => item;
  return lastValueFrom(range(0, count).pipe(mergeMap(fn, 64), reduce(add, 0)));
}

export function mapWait(count: number): Promise<number> {
  const settled = Promise.resolve();
  const fn = async (item: number): Promise<number> => {
    await settled;
    return item;
  };
  return lastValueFrom(range(0, count).pipe(mergeMap(fn, 64), reduce(add, 0)));
}

export async function timeLimit(count: number): Promise<number> {
  let sum = 0;
  for (let index = 0; index < count; index++) {
    sum += await lastValueFrom(from(Promise.resolve(index)).pipe(timeout(10_000)));
  }
  return sum;
}

/** Unsubscribing is synchronous, and waits for nothing: there is nothing of an async function to wait for. */
export async function cancel(count: number, meter: Meter): Promise<number> {
  let cleaned = 0;
  const sleeper = timer(HOUR_MS).pipe(
    finalize(() => {
      cleaned++;
    }),
  );
  const subscription = range(0, count)
    .pipe(mergeMap(() => sleeper))
    .subscribe();
  meter.start();
  subscription.unsubscribe();
  return cleaned;
}

export async function heap(count: number, meter: Meter): Promise<number> {
  let asleep = 0;
  const sleeper = defer(() => {
    asleep++;
    return timer(HOUR_MS);
  });
  range(0, count)
    .pipe(mergeMap(() => sleeper))
    .subscribe();
  meter.takeMemory();
  return asleep;
}
