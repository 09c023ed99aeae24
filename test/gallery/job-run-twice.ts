import assert from "node:assert/strict";
import { Queue, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

class Jobs {
  /** A broker delivers at least once: the first job comes a second time. */
  readonly deliveries: Queue<string> = new Queue({ capacity: 4, name: "deliveries" });
  readonly done: Set<string> = new Set();
  readonly runs: string[] = [];

  async run(job: string): Promise<void> {
    await ask(2);
    this.runs.push(job);
  }
}

async function handle(jobs: Jobs, job: string): Promise<void> {
  if (jobs.done.has(job)) return;
  await jobs.run(job);
  jobs.done.add(job);
}

async function claimAndHandle(jobs: Jobs, job: string): Promise<void> {
  if (jobs.done.has(job)) return;
  jobs.done.add(job);
  await jobs.run(job);
}

function workers(handling: typeof handle): Body {
  return async () => {
    const jobs = new Jobs();
    for (const job of ["resize", "mail", "resize"]) jobs.deliveries.tryPut(job);
    jobs.deliveries.close();
    await withTaskGroup((group) => {
      const work = async (): Promise<void> => {
        for await (const job of jobs.deliveries) await handling(jobs, job);
      };
      group.spawn("worker 1", work);
      group.spawn("worker 2", work);
    });
    assert.deepEqual(jobs.runs.toSorted(), ["mail", "resize"]);
  };
}

export const jobRunTwice: Exhibit = {
  name: "job run twice",
  says: "A job that is delivered again is skipped where it is done, but not where it is being done.",
  kind: "error",
  hidden: true,
  wrong: workers(handle),
  corrected: workers(claimAndHandle),
};
