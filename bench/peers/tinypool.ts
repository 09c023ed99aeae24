import { Tinypool } from "tinypool";
import type { Contender } from "../harness/contract.ts";
import { callEach, THREADS, type Hash } from "../plain/hashing.ts";

const filename = new URL("../plain/hash-work.ts", import.meta.url).href;

function contender(name: Hash): Contender {
  let pool: Tinypool | null = null;
  return async (count, meter) => {
    pool ??= new Tinypool({
      filename,
      minThreads: THREADS,
      maxThreads: THREADS,
      runtime: "worker_threads",
    });
    const ready = pool;
    await Promise.all(Array.from({ length: THREADS }, () => ready.run("", { name })));
    return callEach(count, meter, (record) => ready.run(record, { name }) as Promise<string>);
  };
}

export const hashLittle: Contender = contender("hashLittle");
export const hashMuch: Contender = contender("hashMuch");
