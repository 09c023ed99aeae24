/** Servers and their clients on simulated networks: what `test/http/simulation` does to some programs, done to many. */
import { describe, it } from "node:test";
import { exploreSort } from "../http/simulation/drawn.ts";
import { sorts } from "../http/simulation/sorts.ts";

const PROGRAMS = Number(process.env["TSYNCIO_HTTP_PROGRAMS"] ?? 30);
const SCHEDULES = 10;

describe("Many servers and their clients on simulated networks", () => {
  for (const sort of sorts) {
    it(`${sort.name}: each request has its own answer or visibly fails, and nothing stays alive`, async () => {
      const runs = await exploreSort(sort, PROGRAMS, SCHEDULES);
      console.log(`simulated HTTP, ${sort.name}: ${runs} runs`);
    });
  }
});
