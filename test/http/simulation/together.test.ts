/** A server and its clients on a simulated network: drawn programs, under drawn schedules and faults. `test/soak` draws more of them. */
import { describe, it } from "node:test";
import { exploreSort } from "./drawn.ts";
import { sorts } from "./sorts.ts";

/** With what the other files of this folder run, that makes more than a thousand runs. */
const PROGRAMS = 12;
const SCHEDULES = 4;

describe("A server and its clients on a simulated network", () => {
  for (const sort of sorts) {
    it(`${sort.name}: each request has its own answer or visibly fails, and nothing stays alive`, async () => {
      await exploreSort(sort, PROGRAMS, SCHEDULES);
    });
  }
});
