/** What every HTTP server of the benchmarks answers, whatever it is written with. */

export const greeting = "Hello, world!";

/** How long the handler of `/timer` waits. */
export const WAIT_MS = 5;

/** A small object, made anew for each answer, as a handler would. */
export function record(): object {
  return {
    id: 4_711,
    name: "Ada Lovelace",
    mail: "ada@example.org",
    roles: ["author", "editor"],
    address: { city: "London", zip: "W1", lines: ["12 St James's Square"] },
    active: true,
    score: 97.25,
  };
}

/** How many children a handler of `/slow/ID` has, which do nothing but wait. */
export const CHILDREN = 3;
export const SLOW_MS = 60_000;

const ended: Array<readonly [id: number, atMs: number]> = [];

/** Milliseconds since 1970, with their fraction: the one clock that all processes share. */
export const wallMs = (): number => performance.timeOrigin + performance.now();

/** Says that the handler of `/slow/id` has ended with all its children. */
export function hasEnded(id: number): void {
  ended.push([id, wallMs()]);
}

/** What `/ended` answers. */
export function takeEnded(): ReadonlyArray<readonly [number, number]> {
  return ended.splice(0);
}

/** Half of what a handler of `/work` computes, before and after it waits: as much on every machine, some 0.2 ms here. */
export function compute(): number {
  let sum = 0;
  for (let turn = 0; turn < 300_000; turn++) sum = (sum * 31 + turn) | 0;
  return sum;
}

/** How long the handler of `/work` waits in between. */
export const WORK_WAIT_MS = 2;
