/** Work of 8 us a record in two threads: less than most pools need to hand it over. */
import { atMost, type Case } from "../harness/contract.ts";
import { threadCase } from "../plain/thread-case.ts";

export const benchCase: Case = threadCase({
  name: "map-in-threads-8us",
  title: "20,000 records of 1 KB, 8 us of work each, 2 threads",
  count: 20_000,
  hash: "hashLittle",
  targets: [atMost(1, "main thread")],
});
