import assert from "node:assert/strict";
import { withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

class Store {
  value = 0;

  async read(): Promise<number> {
    await ask();
    return this.value;
  }

  async compareAndSet(expected: number, value: number): Promise<boolean> {
    await ask();
    if (this.value !== expected) return false;
    this.value = value;
    return true;
  }
}

async function increment(store: Store): Promise<void> {
  const seen = await store.read();
  while (!(await store.compareAndSet(seen, seen + 1)));
}

/** What was seen is wrong once another has written: it is read anew. */
async function incrementAnew(store: Store): Promise<void> {
  for (;;) {
    const seen = await store.read();
    if (await store.compareAndSet(seen, seen + 1)) return;
  }
}

function counting(incrementing: typeof increment): Body {
  return async () => {
    const store = new Store();
    await withTaskGroup((group) => {
      group.spawn("first", incrementing, store);
      group.spawn("second", async () => {
        await ask(6);
        await incrementing(store);
      });
    });
    assert.equal(store.value, 2);
  };
}

export const endlessRetry: Exhibit = {
  name: "endless retry",
  says: "A compare-and-set that failed is tried again with what was read before, which can never fit any more.",
  kind: "livelock",
  hidden: true,
  options: { maxStepsAtOnce: 200 },
  wrong: counting(increment),
  corrected: counting(incrementAnew),
};
