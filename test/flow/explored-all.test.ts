import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  allSettled,
  any,
  checkpoint,
  Lock,
  race,
  sleep,
  TaskCancelled,
  withTaskGroup,
} from "../../src/index.ts";
import { everySchedule, Resources, unlessStruck, type Resource } from "../explored.ts";

const boom = new Error("boom");

async function failing(): Promise<never> {
  await checkpoint();
  throw boom;
}

async function ownError<T>(fn: () => Promise<T>): Promise<T | "boom" | "struck"> {
  try {
    return await fn();
  } catch (error) {
    if (error === boom) return "boom";
    if (error instanceof TaskCancelled) return "struck";
    throw error;
  }
}

describe("all, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    it(
      `hands over the values of ${tasks} functions in their order, or disposes of each`,
      everySchedule(async () => {
        const resources = new Resources();
        const branches = Array.from({ length: tasks }, (_, id) => () => resources.make(id));
        const values = await unlessStruck(() => all(branches));
        if (values === undefined) resources.assertAllDisposed();
        else resources.assertHandedOver(values, tasks);
      }),
    );
  }

  it(
    "runs one of three functions after another where two may run at once",
    everySchedule(async (t) => {
      const resources = new Resources();
      t.invariant(() => assert.ok(resources.making <= 2));
      const branches = [0, 1, 2].map((id) => () => resources.make(id));
      const values = await unlessStruck(() => all(branches, { concurrency: 2 }));
      if (values === undefined) resources.assertAllDisposed();
      else resources.assertHandedOver(values, 3);
    }),
  );

  it(
    "throws the failure of one of three functions, and disposes of the values of the others",
    everySchedule(async () => {
      const resources = new Resources();
      const make = (): Promise<Resource> => resources.make(0);
      const outcome = await ownError(() => all([make, failing, make]));
      assert.ok(outcome === "boom" || outcome === "struck");
      resources.assertAllDisposed();
    }),
  );

  it(
    "hands over or disposes of all values when the task that called it is one of three that may be cancelled",
    everySchedule(async () => {
      const resources = new Resources();
      let values: Resource[] | undefined;
      await withTaskGroup((group) => {
        group.spawn("caller", async () => {
          values = await unlessStruck(() => all([0, 1].map((id) => () => resources.make(id))));
        });
      });
      if (values === undefined) resources.assertAllDisposed();
      else resources.assertHandedOver(values, 2);
    }),
  );

  it(
    "gives back what two of three tasks have acquired when the third one, which called it, is cancelled",
    everySchedule(async () => {
      const locks = [new Lock(), new Lock()];
      const held = locks.map((lock) => lock.tryAcquire()!);
      await withTaskGroup(async (group) => {
        group.spawn("caller", async () => {
          const acquiring = locks.map((lock) => () => lock.acquire());
          const holds = await unlessStruck(() => all(acquiring));
          for (const hold of holds ?? []) hold.release();
        });
        for (const hold of held) {
          await checkpoint();
          hold.release();
        }
      });
      assert.ok(locks.every((lock) => !lock.isHeld && lock.stats().waiters === 0));
    }),
  );
});

describe("allSettled, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    it(
      `gives the outcome of each of ${tasks} functions`,
      everySchedule(async () => {
        const resources = new Resources();
        const branches = Array.from({ length: tasks }, (_, id) => () => resources.make(id));
        const outcomes = await allSettled([...branches, failing]);
        const failed = outcomes.pop();
        assert.ok(failed?.status === "rejected");
        assert.ok(failed.reason === boom || failed.reason instanceof TaskCancelled);
        const values = outcomes.map((outcome) => {
          if (outcome.status === "fulfilled") return outcome.value;
          assert.ok(outcome.reason instanceof TaskCancelled);
          return null;
        });
        assert.ok(values.filter((value) => value === null).length <= 1);
        assert.ok(values.every((value, id) => value === null || value.id === id));
        assert.ok(values.every((value) => value === null || value.disposed === 0));
      }),
    );
  }
});

for (const [name, contest] of [
  ["race", race],
  ["any", any],
] as const) {
  describe(`${name}, under all schedules and every single cancellation`, () => {
    for (const tasks of [2, 3]) {
      it(
        `hands over the value of one of ${tasks} functions, and disposes of the others`,
        everySchedule(async () => {
          const resources = new Resources();
          const branches = Array.from({ length: tasks }, (_, id) => () => resources.make(id));
          const winner = await unlessStruck(() => contest(branches));
          if (winner === undefined) resources.assertAllDisposed();
          else resources.assertHandedOver([winner]);
        }),
      );
    }
  });
}

describe("race, under all schedules and every single cancellation", () => {
  for (const tasks of [2, 3]) {
    it(
      `throws the failure that comes first, when ${tasks - 1} of ${tasks} functions are slower`,
      everySchedule(async () => {
        let ended = 0;
        const slower = async (): Promise<void> => {
          try {
            await sleep(9);
          } finally {
            ended++;
          }
        };
        const branches = Array.from({ length: tasks - 1 }, () => slower);
        const outcome = await ownError(() => race([...branches, failing]));
        assert.ok(outcome === "boom" || outcome === "struck");
        assert.equal(ended, tasks - 1);
      }),
    );
  }
});

describe("any, under all schedules and every single cancellation", () => {
  it(
    "gives a value when two of three functions fail, unless the third is cancelled",
    everySchedule(async () => {
      const resources = new Resources();
      const make = (): Promise<Resource> => resources.make(0);
      const outcome = await any([failing, make, failing]).catch((error: unknown) => {
        assert.ok(error instanceof AggregateError);
        assert.equal(error.errors.length, 3);
        assert.ok(error.errors[1] instanceof TaskCancelled);
        return null;
      });
      if (outcome === null) resources.assertAllDisposed();
      else resources.assertHandedOver([outcome]);
    }),
  );
});
