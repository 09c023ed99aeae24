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
