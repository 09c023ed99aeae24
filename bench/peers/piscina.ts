import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import type { Contender } from "../harness/contract.ts";
import { callEach, THREADS, type Hash } from "../plain/hashing.ts";

const filename = fileURLToPath(new URL("../plain/hash-work.ts", import.meta.url));
const threads = { filename, minThreads: THREADS, maxThreads: THREADS };

function contender(name: Hash, options: ConstructorParameters<typeof Piscina>[0]): Contender {
  let pool: Piscina | null = null;
  return async (count, meter) => {
    pool ??= new Piscina(options);
    const ready = pool;
    await Promise.all(Array.from({ length: THREADS }, () => ready.run("", { name })));
    return callEach(count, meter, (record) => ready.run(record, { name }) as Promise<string>);
  };
}

/** Several tasks at a time in each worker's inbox, and no pause between them. */
const several = { ...threads, concurrentTasksPerWorker: 16, atomics: "async" as const };

export const hashLittle: Contender = contender("hashLittle", threads);
export const hashMuch: Contender = contender("hashMuch", threads);
export const hashLittleSeveral: Contender = contender("hashLittle", several);
export const hashMuchSeveral: Contender = contender("hashMuch", several);
