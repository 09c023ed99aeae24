/**
 * How often a test draws: programs, seeds, schedules. What a fault needs to be found is drawn in every run of the tests, under
 * every runtime. The soak draws ten times as many of them, with `TSYNCIO_DRAWS=10`: see `test/soak/draws.test.ts`.
 */
import process from "node:process";

const factor = Number(process.env["TSYNCIO_DRAWS"] ?? 1);

export function draws(usual: number): number {
  return usual * factor;
}

/** The same as the name of a test says it: "10,000". */
export function drawsText(usual: number): string {
  return draws(usual).toLocaleString("en-US");
}
