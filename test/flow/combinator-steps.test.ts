/** What combinators run on is disposable here: whatever the moment of a cancellation, nothing that was opened stays open. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  allSettled,
  any,
  completed,
  forEach,
  map,
  mapSettled,
  produce,
  Queue,
  race,
  sleep,
} from "../../src/index.ts";
import { everyStep } from "../every-step.ts";

/** Opens disposable things, and counts those that are open. */
class Opener {
  open = 0;

  async make(ms: number): Promise<Disposable> {
    if (ms > 0) await sleep(ms);
    this.open++;
    return { [Symbol.dispose]: () => void this.open-- };
  }
}

async function* streamed(items: readonly number[]): AsyncGenerator<number> {
  for (const item of items) {
    await sleep(1);
    yield item;
  }
}

function close(outcomes: ReadonlyArray<PromiseSettledResult<Disposable>>): void {
  for (const outcome of outcomes) if (outcome.status === "fulfilled") outcome.value[Symbol.dispose]();
}

const delays = [2, 0, 3, 1];

/** Each runs its combinator, and disposes of what it gives. */
const programs: Record<string, (opener: Opener) => Promise<unknown>> = {
  async all(opener) {
    const functions = delays.map((ms) => () => opener.make(ms));
    for (const hold of await all(functions)) hold[Symbol.dispose]();
  },
  async "all with a concurrency"(opener) {
    const functions = delays.map((ms) => () => opener.make(ms));
    for (const hold of await all(functions, { concurrency: 2 })) hold[Symbol.dispose]();
  },
  async allSettled(opener) {
    const failing = () => Promise.reject(new Error("no"));
    close(await allSettled([...delays.map((ms) => () => opener.make(ms)), failing]));
  },
  async race(opener) {
    (await race([2, 3, 2].map((ms) => () => opener.make(ms))))[Symbol.dispose]();
  },
  async any(opener) {
    const failing = () => Promise.reject(new Error("no"));
    (await any([failing, ...[2, 3, 2].map((ms) => () => opener.make(ms))]))[Symbol.dispose]();
  },
  async map(opener) {
    const holds = await map(delays, (ms) => opener.make(ms), { concurrency: 2 });
    for (const hold of holds) hold[Symbol.dispose]();
  },
  async "map over an async generator"(opener) {
    for (const hold of await map(streamed(delays), (ms) => opener.make(ms))) hold[Symbol.dispose]();
  },
  async mapSettled(opener) {
    close(await mapSettled(delays, (ms) => opener.make(ms), { concurrency: 2 }));
  },
  async completed(opener) {
    for await (const outcome of completed(delays, (ms) => opener.make(ms))) {
      close([outcome]);
      await sleep(2);
    }
  },
  async produce(opener) {
    const source = produce<Disposable>(async (emit) => {
      for (const ms of delays) {
        const hold = await opener.make(ms);
        await emit(hold).catch((error: unknown) => {
          hold[Symbol.dispose]();
          throw error;
        });
      }
    });
    for await (const hold of source) {
      hold[Symbol.dispose]();
      await sleep(2);
    }
  },
};

describe("Nothing that was opened stays open, at whatever step it is cancelled:", () => {
  for (const [name, program] of Object.entries(programs)) {
    it(
      name,
      everyStep(async (step) => {
        const opener = new Opener();
        await step.attempt(() => program(opener));
        assert.equal(opener.open, 0);
      }),
    );
  }
});

describe("forEach over a queue", () => {
  it(
    "works on every item that it takes, marks it done, and leaves the others, at whatever step it is cancelled",
    everyStep(async (step) => {
      const queue = new Queue<number>({ capacity: 10 });
      for (let i = 0; i < 6; i++) queue.tryPut(i);
      queue.close();
      const seen: number[] = [];
      const fn = async (item: number): Promise<void> => {
        seen.push(item);
        await sleep(1);
      };
      await step.attempt(() => forEach(queue, fn, { concurrency: 2 }));
      await forEach(queue, fn);
      await queue.join();
      assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
    }),
  );
});
