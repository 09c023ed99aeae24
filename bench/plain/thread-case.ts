/** The two cases of threads, which differ in the work of a record. */
import { importThread, mapInThreads, ThreadPool } from "../../src/threads.ts";
import { peer, type Case, type Contender, type Target } from "../harness/contract.ts";
import { callEach, checksumOf, hashes, overRecords, THREADS, type Hash } from "./hashing.ts";

interface ThreadCase {
  readonly name: string;
  readonly title: string;
  readonly count: number;
  readonly hash: Hash;
  readonly targets: readonly Target[];
}

type Work = typeof import("./hash-work.ts");
const address = new URL("./hash-work.ts", import.meta.url);
let pool: ThreadPool | null = null;

/** With all threads started, and the module loaded. */
async function warmPool(): Promise<ThreadPool> {
  pool ??= new ThreadPool({ threads: THREADS, modules: [address] });
  await pool.ready();
  return pool;
}

const mapped =
  (name: Hash, ordered: boolean): Contender =>
  async (count, meter) => {
    const work = importThread<Work>(address, { pool: await warmPool() });
    return overRecords(count, meter, async (records, checksum) => {
      for await (const digest of mapInThreads(records, work[name], { ordered })) checksum.add(digest);
    });
  };

export function threadCase({ name, title, count, hash, targets }: ThreadCase): Case {
  const suffix = hash === "hashLittle" ? "Little" : "Much";
  return {
    name,
    title,
    count,
    figures: ["time"],
    reference: "main thread",
    checksum: checksumOf(hash),
    warmUps: 1,
    repeats: 3,
    contenders: {
      "main thread": (n, meter) =>
        overRecords(n, meter, (records, checksum) => {
          for (const record of records) checksum.add(hashes[hash](record));
        }),
      tsyncio: mapped(hash, true),
      "tsyncio, unordered": mapped(hash, false),
      "tsyncio, a call a record": async (n, meter) => {
        const work = importThread<Work>(address, { pool: await warmPool() });
        return callEach(n, meter, work[hash]);
      },
      piscina: peer("piscina", `hash${suffix}`),
      "piscina, 16 a worker": peer("piscina", `hash${suffix}Several`),
      tinypool: peer("tinypool", `hash${suffix}`),
      poolifier: peer("poolifier", `hash${suffix}`),
      workerpool: peer("workerpool", `hash${suffix}`),
    },
    targets,
  };
}
