import { fileURLToPath } from "node:url";
import { FixedThreadPool } from "poolifier";
import type { Contender } from "../harness/contract.ts";
import { callEach, THREADS, type Hash } from "../plain/hashing.ts";

const worker = fileURLToPath(new URL("./poolifier-worker.ts", import.meta.url));

/** With queues of tasks in the workers, which is its quickest. */
const options = { enableTasksQueue: true, tasksQueueOptions: { concurrency: 16 } };

function contender(name: Hash): Contender {
  let pool: FixedThreadPool<string, string> | null = null;
  return async (count, meter) => {
    pool ??= new FixedThreadPool<string, string>(THREADS, worker, options);
    const ready = pool;
    await Promise.all(Array.from({ length: THREADS }, () => ready.execute("", name)));
    return callEach(count, meter, (record) => ready.execute(record, name));
  };
}

export const hashLittle: Contender = contender("hashLittle");
export const hashMuch: Contender = contender("hashMuch");
