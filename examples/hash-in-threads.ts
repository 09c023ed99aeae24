// Work for all cores: typed calls into other threads, a map that batches by itself, and a call that is stopped.
import { run, withTimeoutOr } from "tsyncio";
import { importThread, mapInThreads, ThreadPool } from "tsyncio/threads";

await run(async () => {
  await using pool = new ThreadPool({ threads: 2 });
  const work = importThread<typeof import("./support/digests.ts")>(
    new URL("./support/digests.ts", import.meta.url),
    { pool },
  );

  console.log("one:", await work.digest("hello"));

  const names = Array.from({ length: 1_000 }, (_, at) => `file ${at}`);
  let digests = 0;
  let last = "";
  for await (const digest of mapInThreads(names, work.digest)) {
    digests++;
    last = digest;
  }
  console.log(`${digests} digests, the last is ${last}`);

  // It lets cancellations in by itself: its thread lives on.
  console.log(
    "searched:",
    await withTimeoutOr(100, () => work.search("0".repeat(64)), "not found in time"),
  );

  await work.digest("").catch((error: unknown) => {
    console.log(error instanceof RangeError, (error as Error).message);
  });
});
