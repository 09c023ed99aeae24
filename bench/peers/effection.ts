import { createQueue, run, sleep as pause, spawn as fork, suspend, type Task } from "effection";
import type { Meter } from "../harness/contract.ts";

const HOUR_MS = 3_600_000;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

export async function spawn(count: number): Promise<number> {
  let sum = 0;
  await run(function* () {
    const tasks: Array<Task<void>> = [];
    for (let index = 0; index < count; index++) {
      const task = yield* fork(function* () {
        sum += index;
      });
      tasks.push(task);
    }
    for (const task of tasks) yield* task;
  });
  return sum;
}

export async function sleep(count: number): Promise<number> {
  let awake = 0;
  await run(function* () {
    const tasks: Array<Task<void>> = [];
    for (let index = 0; index < count; index++) {
      const task = yield* fork(function* () {
        yield* pause(1);
        awake++;
      });
      tasks.push(task);
    }
    for (const task of tasks) yield* task;
  });
  return awake;
}

/** Its queue has no bound, and grows badly: this takes turns, 64 puts and 64 gets, in one task. */
export async function queue(count: number): Promise<number> {
  let sum = 0;
  await run(function* () {
    const between = createQueue<number, void>();
    for (let item = 0; item < count;) {
      const end = Math.min(item + 64, count);
      const batch = end - item;
      for (; item < end; item++) between.add(item);
      for (let taken = 0; taken < batch; taken++) {
        const next = yield* between.next();
        if (!next.done) sum += next.value;
      }
    }
  });
  return sum;
}

export async function cancel(count: number, meter: Meter): Promise<number> {
  let cleaned = 0;
  const main = run(function* () {
    for (let index = 0; index < count; index++) {
      yield* fork(function* () {
        try {
          yield* pause(HOUR_MS);
        } finally {
          cleaned++;
        }
      });
    }
    yield* suspend();
  });
  await turn();
  meter.start();
  await main.halt();
  return cleaned;
}

export async function heap(count: number, meter: Meter): Promise<number> {
  let asleep = 0;
  void run(function* () {
    for (let index = 0; index < count; index++) {
      yield* fork(function* () {
        asleep++;
        yield* pause(HOUR_MS);
      });
    }
    yield* suspend();
  });
  await turn();
  meter.takeMemory();
  return asleep;
}
