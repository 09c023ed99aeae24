import { Effect, Fiber, Queue, Semaphore } from "effect";
import type { Meter } from "../harness/contract.ts";
import { numbers, sumOf } from "../plain/workers.ts";

const unbounded = { concurrency: "unbounded", discard: true } as const;
const HOUR_MS = 3_600_000;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

/** A loop with unbounded concurrency: a fiber for each, run at once, without a handle. */
export async function spawn(count: number): Promise<number> {
  let sum = 0;
  const work = (index: number): Effect.Effect<void> =>
    Effect.sync(() => {
      sum += index;
    });
  await Effect.runPromise(Effect.forEach(numbers(count), work, unbounded));
  return sum;
}

/** A fiber for each, joined. */
export async function spawnForked(count: number): Promise<number> {
  let sum = 0;
  const program = Effect.gen(function* () {
    const fibers: Array<Fiber.Fiber<void>> = [];
    for (let index = 0; index < count; index++) {
      const work = Effect.sync(() => {
        sum += index;
      });
      fibers.push(yield* Effect.forkChild(work));
    }
    yield* Fiber.joinAll(fibers);
  });
  await Effect.runPromise(program);
  return sum;
}

export async function spawnGen(count: number): Promise<number> {
  let sum = 0;
  const work = (index: number): Effect.Effect<void> =>
    Effect.gen(function* () {
      sum += yield* Effect.succeed(index);
    });
  await Effect.runPromise(Effect.forEach(numbers(count), work, unbounded));
  return sum;
}

export async function sleep(count: number): Promise<number> {
  let awake = 0;
  const work = Effect.map(Effect.sleep(1), () => {
    awake++;
  });
  await Effect.runPromise(Effect.forEach(numbers(count), () => work, unbounded));
  return awake;
}

export async function sleepGen(count: number): Promise<number> {
  let awake = 0;
  const work = Effect.gen(function* () {
    yield* Effect.sleep(1);
    awake++;
  });
  await Effect.runPromise(Effect.forEach(numbers(count), () => work, unbounded));
  return awake;
}

export async function mapEmpty(count: number): Promise<number> {
  const fn = (item: number): Effect.Effect<number> => Effect.sync(() => item);
  return sumOf(await Effect.runPromise(Effect.forEach(numbers(count), fn, { concurrency: 64 })));
}

export async function mapWait(count: number): Promise<number> {
  const settled = Promise.resolve();
  const fn = (item: number): Effect.Effect<number> =>
    Effect.promise(async () => {
      await settled;
      return item;
    });
  return sumOf(await Effect.runPromise(Effect.forEach(numbers(count), fn, { concurrency: 64 })));
}

export async function queue(count: number): Promise<number> {
  let sum = 0;
  const program = Effect.gen(function* () {
    const between = yield* Queue.bounded<number>(64);
    const produce = Effect.gen(function* () {
      for (let item = 0; item < count; item++) yield* Queue.offer(between, item);
    });
    const consume = Effect.gen(function* () {
      for (let taken = 0; taken < count; taken++) sum += yield* Queue.take(between);
    });
    yield* Effect.all([produce, consume], unbounded);
  });
  await Effect.runPromise(program);
  return sum;
}

export async function lockFree(count: number): Promise<number> {
  const semaphore = Semaphore.makeUnsafe(1);
  let sum = 0;
  const program = Effect.gen(function* () {
    for (let index = 0; index < count; index++) {
      yield* semaphore.withPermit(
        Effect.sync(() => {
          sum += index;
        }),
      );
    }
  });
  await Effect.runPromise(program);
  return sum;
}

export async function lockContended(count: number): Promise<number> {
  const semaphore = Semaphore.makeUnsafe(1);
  let taken = 0;
  const once = semaphore.withPermit(
    Effect.sync(() => {
      taken++;
    }),
  );
  const work = Effect.gen(function* () {
    for (let index = 0; index < count / 100; index++) yield* once;
  });
  await Effect.runPromise(Effect.forEach(numbers(100), () => work, unbounded));
  return taken;
}

export async function timeLimit(count: number): Promise<number> {
  let sum = 0;
  const program = Effect.gen(function* () {
    for (let index = 0; index < count; index++) {
      const work = Effect.sync(() => {
        sum += index;
      });
      yield* Effect.timeout(work, 10_000);
    }
  });
  await Effect.runPromise(program);
  return sum;
}

export async function cancel(count: number, meter: Meter): Promise<number> {
  let cleaned = 0;
  const work = Effect.ensuring(
    Effect.sleep(HOUR_MS),
    Effect.sync(() => {
      cleaned++;
    }),
  );
  const fiber = Effect.runFork(Effect.forEach(numbers(count), () => work, unbounded));
  await turn();
  meter.start();
  await Effect.runPromise(Fiber.interrupt(fiber));
  return cleaned;
}

async function asleep(
  count: number,
  meter: Meter,
  work: (fallAsleep: () => void) => Effect.Effect<void>,
): Promise<number> {
  let asleep = 0;
  const one = work(() => {
    asleep++;
  });
  Effect.runFork(Effect.forEach(numbers(count), () => one, unbounded));
  await turn();
  meter.takeMemory();
  return asleep;
}

export function heap(count: number, meter: Meter): Promise<number> {
  return asleep(count, meter, (fallAsleep) =>
    Effect.andThen(Effect.sync(fallAsleep), Effect.sleep(HOUR_MS)),
  );
}

export function heapGen(count: number, meter: Meter): Promise<number> {
  return asleep(count, meter, (fallAsleep) =>
    Effect.gen(function* () {
      fallAsleep();
      yield* Effect.sleep(HOUR_MS);
    }),
  );
}

export async function million(count: number): Promise<number> {
  let awake = 0;
  const work = Effect.map(Effect.sleep(3_000), () => {
    awake++;
  });
  await Effect.runPromise(Effect.forEach(numbers(count), () => work, unbounded));
  return awake;
}
