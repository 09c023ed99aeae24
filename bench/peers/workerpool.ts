import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import type { Contender } from "../harness/contract.ts";
import { callEach, THREADS, type Hash } from "../plain/hashing.ts";

const script = fileURLToPath(new URL("./workerpool-worker.ts", import.meta.url));

function contender(name: Hash): Contender {
  let pool: ReturnType<typeof workerpool.pool> | null = null;
  return async (count, meter) => {
    pool ??= workerpool.pool(script, {
      minWorkers: THREADS,
      maxWorkers: THREADS,
      workerType: "thread",
    });
    const ready = pool;
    await Promise.all(Array.from({ length: THREADS }, () => ready.exec(name, [""])));
    return callEach(count, meter, (record) => ready.exec(name, [record]) as unknown as Promise<string>);
  };
}

export const hashLittle: Contender = contender("hashLittle");
export const hashMuch: Contender = contender("hashMuch");
