/**
 * Random programs against the model. The seed stands in the name of the suite.
 *
 * Environment: TSYNCIO_SEED repeats a run, TSYNCIO_PROGRAMS sets how many programs it has.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Cancelled, withTimeoutOr } from "../../src/index.ts";
import { captured } from "../../src/testing/capture.ts";
import { virtual } from "../../src/testing.ts";
import { draws } from "../draws.ts";
import { Interpreter } from "./interpreter.ts";
import { programs, type Block } from "./program.ts";
import { checkTasks } from "./task-steps.ts";
import { World } from "./world.ts";

const seed = Number(process.env["TSYNCIO_SEED"] ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env["TSYNCIO_PROGRAMS"] ?? draws(1_000));

/** The whole program runs under this limit, since random programs may wait for each other for ever. */
const LIMIT_MS = 40;

const rejections: unknown[] = [];

/** Runs `program` and throws when the library did something that the model does not allow. */
async function check(program: Block): Promise<void> {
  rejections.length = 0;
  const run = virtual(async (t) => {
    const world = new World(() => t.now());
    const interpreter = new Interpreter(world);
    const region = world.open("limit", null);
    region.limitAt = LIMIT_MS;
    const place = { region, groups: [], bound: -1, isStray: false };
    const body = () => world.enter(region, "value", () => interpreter.block(program, place));
    await withTimeoutOr(LIMIT_MS, body, "too late").catch((error: unknown) => {
      if (error instanceof Cancelled) world.report("the program's own limit let Cancelled out");
    });
    world.left(region);
    if (t.now() > LIMIT_MS + world.shieldMs) world.report(`the program took ${t.now()} ms`);
    checkTasks(interpreter);
    world.checkEnd(t.takeUnhandled());
  });
  await run();
  assert.deepEqual(rejections, []);
}

describe(`The model, with TSYNCIO_SEED=${seed}`, () => {
  it(`allows what ${numRuns} random programs do`, async () => {
    const listener = (error: unknown): number => rejections.push(error);
    process.on("unhandledRejection", listener);
    try {
      // The platform is captured once for all programs: doing it for each would take longer than running them.
      await captured(() =>
        fc.assert(fc.asyncProperty(programs(), check), {
          seed,
          numRuns,
          timeout: 3_000,
          interruptAfterTimeLimit: Math.max(45_000, numRuns * 40),
          markInterruptAsFailure: true,
        }),
      );
    } finally {
      process.off("unhandledRejection", listener);
    }
  });
});
