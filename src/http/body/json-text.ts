import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";

/** @throws {InvalidArgument} for what JSON cannot express, or would make an empty object of. */
export function jsonText(value: unknown): string {
  let text: string | undefined;
  let reason = "";
  try {
    if (isLost(value)) reason = " It would be sent as {}: give what it holds.";
    else text = JSON.stringify(value);
  } catch (error) {
    reason = ` ${error instanceof Error ? error.message : String(error)}.`;
  }
  if (text !== undefined) return text;
  throw new InvalidArgument(
    `the value of a JSON body is ${show(value)}, which JSON cannot express.${reason}`,
  );
}

/** Whether JSON would make an empty object of it, whatever it holds. */
function isLost(value: unknown): boolean {
  if (typeof value !== "object" || value === null || "toJSON" in value) return false;
  return (
    value instanceof Map ||
    value instanceof Set ||
    value instanceof WeakMap ||
    value instanceof Error ||
    value instanceof RegExp ||
    (Symbol.iterator in value && typeof (value as { next?: unknown }).next === "function")
  );
}
