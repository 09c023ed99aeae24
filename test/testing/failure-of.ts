import assert from "node:assert/strict";
import { explore, SimulationFailed, type Simulation, type SimulateOptions } from "../../src/testing.ts";

/** The failure that exploring `body` ends with. */
export async function failureOf(
  options: SimulateOptions,
  body: (t: Simulation) => unknown,
): Promise<SimulationFailed> {
  try {
    const exploration = await explore(options, body);
    assert.fail(`no schedule failed: ${JSON.stringify(exploration)}`);
  } catch (error) {
    if (error instanceof SimulationFailed) return error;
    throw error;
  }
}
