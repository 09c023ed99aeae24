/** Work of 70 us a record in two threads. */
import { atMost, type Case } from "../harness/contract.ts";
import { threadCase } from "../plain/thread-case.ts";

export const benchCase: Case = threadCase({
  name: "map-in-threads-70us",
  title: "5,000 records of 1 KB, 70 us of work each, 2 threads",
  count: 5_000,
  hash: "hashMuch",
  targets: [
    atMost(1 / 1.6, "main thread"),
    atMost(1, "piscina"),
    atMost(1, "tinypool"),
    atMost(1, "poolifier"),
    atMost(1, "workerpool"),
  ],
});
