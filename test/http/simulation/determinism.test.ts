/** A seed says all: with HTTP in it, a simulation takes the same course each time, to the last byte and millisecond. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withTaskGroup } from "../../../src/index.ts";
import { HttpClient, serve } from "../../../src/http.ts";
import {
  explore,
  SimulationFailed,
  type Simulation,
  type SimulateOptions,
} from "../../../src/testing.ts";
import { exploreSort } from "./drawn.ts";
import { sorts } from "./sorts.ts";

const PORT = 80;

/** Some requests at once; `course` is told of what can be seen of them, ids and dates included. */
async function talk(t: Simulation, course: string[]): Promise<void> {
  await withTaskGroup(async (group) => {
    await group.startService<void>("server", (ready) =>
      t.host("server").run(async () => {
        await using _ = await serve(
          async ({ id, path, remote }) => {
            course.push(`${t.now()} ${path} ${id} ${JSON.stringify(remote)}`);
            await sleep(Math.floor(Math.random() * 5));
            return { id, path };
          },
          { port: PORT },
        );
        ready();
        await sleep(Infinity);
      }),
    );
    await t.host("client").run(async () => {
      await using http = new HttpClient({ baseUrl: "http://server", maxConnections: 2 });
      await withTaskGroup((clients) => {
        for (const path of ["/a", "/b", "/c", "/d"]) {
          clients.spawn(path, async () => {
            const response = await http.get(path);
            course.push(
              `${t.now()} ${response.status} ${[...response.headers].join()} ${await response.text()}`,
            );
          });
        }
      });
    });
  });
}

/** What was seen in all runs of an exploration. */
async function courseOf(options: SimulateOptions): Promise<string[]> {
  const course: string[] = [];
  await explore(options, (t) => talk(t, course));
  return course;
}

describe("A simulation with HTTP in it", () => {
  it("takes the same course for the same seed, and another one for another", async () => {
    const one = await courseOf({ seed: 1, runs: 20 });
    assert.deepEqual(await courseOf({ seed: 1, runs: 20 }), one);
    assert.notDeepEqual(await courseOf({ seed: 2, runs: 20 }), one);
  });

  it("is deterministic in each of its runs, for all sorts of programs", async () => {
    for (const sort of sorts) await exploreSort({ ...sort, sees: [] }, 1, 2);
  });

  it("is replayed by the tape of its failure", async () => {
    const failing = async (t: Simulation): Promise<void> => {
      const course: string[] = [];
      await talk(t, course);
      assert.ok(course[0]?.includes("/a"), `first came ${course[0]}`);
    };
    const failureOf = async (options: SimulateOptions): Promise<SimulationFailed> => {
      try {
        await explore(options, failing);
      } catch (error) {
        if (error instanceof SimulationFailed) return error;
        throw error;
      }
      assert.fail("nothing failed");
    };
    const first = await failureOf({ runs: 200 });
    const again = await failureOf({ tape: first.tape.toString() });
    const reason = (error: SimulationFailed): string => String((error.cause as Error).message);
    assert.equal(reason(again), reason(first));
  });
});
