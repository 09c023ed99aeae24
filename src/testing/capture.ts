import { simulationPlatform } from "./platform.ts";
import { storage } from "../kernel/current.ts";
import { NestedSimulation } from "./errors.ts";
import { currentHost, simulatedHosts } from "./virtual-host.ts";

/** How many simulations are live. The first captures the platform, and the last gives it back: they need not end in their order. */
let live = 0;
let restore: () => void = () => {};

/** Runs `fn` while the platform's nondeterminism is in our hands, for code inside a simulation. */
export async function captured<T>(fn: () => Promise<T>): Promise<T> {
  if (live++ === 0) restore = simulationPlatform().capture(simulatedHosts);
  try {
    return await fn();
  } finally {
    if (--live === 0) restore();
  }
}

/** A simulation inside another one would have a clock that nobody moves. */
export function refuseNesting(): void {
  if (currentHost() !== null) throw new NestedSimulation(storage.getStore()?.path ?? "a simulation");
}
