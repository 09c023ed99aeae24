/**
 * Checks of arguments. Each returns the value in its normal form, or throws {@link InvalidArgument}, which names the
 * argument, shows the value and says what is expected.
 */
import { InvalidArgument } from "./tsyncio-error.ts";

/** Milliseconds: negative counts as 0, `Infinity` means never, anything that is not a number throws. */
export function checkDuration(name: string, value: number): number {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new InvalidArgument(
      `${name} is ${show(value)}. Give a number of milliseconds, or Infinity for "never".`,
    );
  }
  return value > 0 ? value : 0;
}

/** A count: an integer of at least `least`, or `Infinity`. */
export function checkCount(name: string, value: number, least: 0 | 1 = 1): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value >= least)) return value;
  throw new InvalidArgument(
    `${name} is ${show(value)}. Give an integer of at least ${least}, or Infinity.`,
  );
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value === "function") return;
  const hint =
    value instanceof Promise
      ? ` A promise is already running: pass the function that makes it, "() => work()".`
      : "";
  throw new InvalidArgument(`${name} is ${show(value)}. Give a function.${hint}`);
}

/** A short picture of any value, for messages. Never throws. */
export function show(value: unknown): string {
  try {
    if (typeof value === "string")
      return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
    if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (typeof value === "object" && value !== null)
      return `a value of type ${value.constructor?.name ?? "object"}`;
    return String(value);
  } catch {
    return typeof value;
  }
}
