/** What is checked of options alike, wherever they are given. */
import { show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";

/** @throws {InvalidArgument} for what is no object, or has an option that is not `known`. */
export function checkKnown(caller: string, options: object, known: ReadonlySet<string>): void {
  if (typeof options !== "object" || options === null)
    throw new InvalidArgument(`options of ${caller} is ${show(options)}. Give an object.`);
  for (const name in options)
    if (!known.has(name))
      throw new InvalidArgument(
        `${caller} has no option ${show(name)}. It has ${[...known].sort().join(", ")}.`,
      );
}

/** @throws {InvalidArgument} for what is neither true nor false. */
export function checkFlag(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new InvalidArgument(`${name} is ${show(value)}. Give true or false.`);
}

/**
 * A time that an option sets: milliseconds, fractions included; `Infinity` means never. A negative one is a mistake here, other than in a call
 * that waits from now on, where it is a time that has passed. Counts and sizes are checked by `checkCount`, which refuses as much.
 *
 * @throws {InvalidArgument} for what is no number, `NaN`, and less than 0.
 */
export function checkLimitMs(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0) return value;
  throw new InvalidArgument(
    `${name} is ${show(value)}. Give milliseconds: a number of at least 0, or Infinity for "never".`,
  );
}
