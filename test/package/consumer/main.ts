// A program of a user, compiled against the installed package by each compiler that is supported.
import {
  all,
  Cancelled,
  map,
  Queue,
  run,
  sleep,
  TimeoutError,
  withTaskGroup,
  withTimeout,
} from "tsyncio";
import type { Task } from "tsyncio";
import { explore, simulate, SimulationFailed, Tape, virtual } from "tsyncio/testing";

async function double(n: number): Promise<number> {
  await sleep(1);
  return n * 2;
}

await run(async () => {
  const [n, s] = await all([() => double(1), async () => "text"]);
  const sum: number = n + s.length;
  const doubled: number[] = await map([1, 2, sum], double, { concurrency: 2 });
  const task: Task<number> = await withTaskGroup((group) => group.spawn(double, doubled.length));
  const queue = new Queue<number>({ capacity: 4 });
  await queue.put(await task.join());
  try {
    await withTimeout(1_000, () => queue.get());
  } catch (error) {
    if (!(error instanceof TimeoutError) && !(error instanceof Cancelled)) throw error;
  }
});

const oneRun: () => Promise<void> = virtual(async (time) => {
  const now: number = time.now();
  await sleep(now);
});
const runs: () => Promise<void> = simulate({ runs: 10, faults: { cancel: true } }, async (t) => {
  t.invariant(() => t.now() >= 0);
  await t.host("other", { skewMs: 5 }).run(() => sleep(1));
});
try {
  await oneRun();
  await runs();
  const { method }: { method: string } = await explore({ tape: Tape.of([0, 1]) }, () => sleep(1));
  if (method !== "tape") throw new Error(method);
} catch (error) {
  if (error instanceof SimulationFailed) throw new Error(error.tape.toString());
  throw error;
}
