import fc from "fast-check";

const TASKS = 4;
const WAITS = 5;

/** The tasks of the case, each of their waits scheduled by fast-check, in the order that it draws. */
export async function simulate(count: number): Promise<number> {
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const task = async (): Promise<void> => {
        for (let wait = 0; wait < WAITS; wait++) {
          await scheduler.schedule(Promise.resolve());
          steps++;
        }
      };
      const tasks = Promise.all(Array.from({ length: TASKS }, task));
      await scheduler.waitFor(tasks);
    }),
    { numRuns: count, seed: 1 },
  );
  return steps;
}
