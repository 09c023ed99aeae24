/** The steps of a model program that work on shared objects. */
import type { Hold } from "../../src/index.ts";
import type { Place, Runner } from "./place.ts";
import type { Block, Step } from "./program.ts";
import type { WatchedPermits, WatchedQueue } from "./traffic.ts";

type TrafficOp =
  | "put"
  | "get"
  | "tryPut"
  | "tryGet"
  | "lock"
  | "tryLock"
  | "semaphore"
  | "setEvent"
  | "clearEvent"
  | "waitEvent";

export type TrafficStep = Extract<Step, { readonly op: TrafficOp }>;

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length]!;

export async function trafficStep(runner: Runner, step: TrafficStep, place: Place): Promise<void> {
  const { world } = runner;
  const { queues, locks, semaphores, events } = world.traffic;
  switch (step.op) {
    case "put":
    case "get":
    case "tryPut":
    case "tryGet":
      return await queueStep(runner, step.op, pick(queues, step.queue), place);
    case "lock":
      return await holding(runner, pick(locks, step.lock), step.body, place);
    case "tryLock":
      return await tryHolding(runner, pick(locks, step.lock), step.body, place);
    case "semaphore":
      return await holding(runner, pick(semaphores, step.semaphore), step.body, place);
    case "setEvent":
      return pick(events, step.event).set();
    case "clearEvent":
      return pick(events, step.event).clear();
    case "waitEvent":
      return await world.wait(place.region, place.isStray, () => pick(events, step.event).wait());
  }
}

async function queueStep(
  { world }: Runner,
  op: "put" | "get" | "tryPut" | "tryGet",
  watched: WatchedQueue,
  { region, isStray }: Place,
): Promise<void> {
  const { queue } = watched;
  const call = world.nextStep();
  switch (op) {
    case "put":
      try {
        await world.wait(
          region,
          isStray,
          () => queue.put(call),
          () => watched.put(call),
        );
      } catch (error) {
        watched.putCancelled(call);
        throw error;
      }
      return;
    case "get":
      await world.wait(
        region,
        isStray,
        () => queue.get(),
        (item) => watched.took(call, item),
      );
      return;
    case "tryPut":
      if (queue.tryPut(call)) watched.put(call);
      return;
    case "tryGet": {
      const item = queue.tryGet();
      if (item !== undefined) watched.took(call, item);
    }
  }
}

async function holding(
  runner: Runner,
  permits: WatchedPermits,
  body: Block,
  place: Place,
): Promise<void> {
  const { world } = runner;
  const call = world.nextStep();
  const acquire = (): Promise<Hold> => permits.source.acquire();
  const hold = await world.wait(place.region, place.isStray, acquire, () => permits.granted(call));
  await whileHeld(runner, permits, hold, { body, place });
}

async function tryHolding(
  runner: Runner,
  permits: WatchedPermits,
  body: Block,
  place: Place,
): Promise<void> {
  const call = runner.world.nextStep();
  const hold = permits.source.tryAcquire();
  if (hold === undefined) return;
  permits.granted(call);
  await whileHeld(runner, permits, hold, { body, place });
}

async function whileHeld(
  runner: Runner,
  permits: WatchedPermits,
  hold: Hold,
  { body, place }: { body: Block; place: Place },
): Promise<void> {
  try {
    await runner.block(body, place);
  } finally {
    permits.release(hold);
  }
}
