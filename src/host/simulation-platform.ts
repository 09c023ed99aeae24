/**
 * The platform beneath a simulation: real turns of the event loop, and the capture of everything by which code could notice that
 * the rest is not real.
 *
 * What is captured are properties: of the globals, of the modules of the platform, of prototypes. Code that kept a function
 * before the capture has the real one, `const sleep = promisify(setTimeout)` at the head of a file for example. Named imports
 * of `node:` modules are captured on Node, whose ES module exports can be brought up to date; on Bun and Deno they keep the
 * originals, while default imports and globals are captured there too.
 */
import { syncBuiltinESMExports } from "node:module";
import type { SimulationPlatform, WorldFinder } from "../testing/platform.ts";
import { captureChance } from "./capture/chance.ts";
import { captureClocks } from "./capture/clocks.ts";
import { Patches } from "./capture/patches.ts";
import { captureRealIo } from "./capture/real-io.ts";
import { captureTimerPromises } from "./capture/timers-promises.ts";
import { captureTimers } from "./capture/timers.ts";
import { captureUnhandled } from "./capture/unhandled.ts";

const nextTurn = setImmediate;
/**
 * Between two callbacks of one turn the runtimes run all microtasks, as between two turns, and a turn costs several times as much. So
 * callbacks are asked for by the dozen, and what one simulation leaves over serves the next. Not on Bun: it forgets the rest of a turn's
 * callbacks when a rejection is found unhandled after one of them.
 */
const CALLS_PER_TURN = "Bun" in globalThis ? 1 : 24;
const steps = new Set<() => boolean>();
let callsLeft = 0;

function askForCalls(): void {
  for (; callsLeft < CALLS_PER_TURN; callsLeft++) nextTurn(takeSteps);
}

function takeSteps(): void {
  callsLeft--;
  for (const step of steps) if (!step()) steps.delete(step);
  if (callsLeft === 0 && steps.size > 0) askForCalls();
}

export const processPlatform: SimulationPlatform = {
  repeat(step) {
    steps.add(step);
    if (callsLeft === 0) askForCalls();
  },

  capture(worlds) {
    const patches = putInPlace(worlds);
    const release = captureUnhandled(worlds);
    syncBuiltinESMExports();
    return () => {
      // The listeners first: what fails from here on is not a world's any more.
      release();
      try {
        patches.restore();
      } finally {
        syncBuiltinESMExports();
      }
    };
  },
};

/** The patches of the last capture. Good for the next, unless its worlds are others, or somebody has changed the platform since. */
let latest: Patches | null = null;

function putInPlace(worlds: WorldFinder): Patches {
  if (latest?.worlds === worlds && latest.apply()) return latest;
  const patches = new Patches(worlds);
  try {
    captureClocks(patches);
    captureTimers(patches);
    captureTimerPromises(patches);
    captureChance(patches);
    captureRealIo(patches);
  } catch (error) {
    patches.restore();
    throw error;
  }
  latest = patches;
  return patches;
}
