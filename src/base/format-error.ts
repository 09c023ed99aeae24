import { show } from "./check.ts";
import { suppressedErrors } from "./suppressed.ts";

const DEEPEST = 8;

/**
 * An error as text, with all that hangs on it: its stack, its causes, the errors an `AggregateError` holds, and the later failures
 * of its task group. Any value may be given. Cycles end at the second sight of an error.
 *
 * @example
 * import { formatError, withTaskGroup } from "tsyncio";
 * try {
 *   await withTaskGroup((group) => {
 *     group.spawn(() => { throw new Error("first"); });
 *     group.spawn(() => { throw new Error("second"); });
 *   });
 * } catch (error) {
 *   console.log(/first[^]*suppressed 1 of 1[^]*second/.test(formatError(error))); // true
 * }
 */
export function formatError(error: unknown): string {
  const lines: string[] = [];
  write(error, "", lines, []);
  return lines.join("\n");
}

function write(error: unknown, heading: string, lines: string[], above: readonly unknown[]): void {
  const indent = "  ".repeat(above.length);
  const text = above.includes(error) ? `${summary(error)} (shown above)` : described(error);
  for (const [i, line] of text.split("\n").entries())
    lines.push(`${indent}${i === 0 ? heading : ""}${line}`);
  if (!(error instanceof Error) || above.includes(error) || above.length >= DEEPEST) return;
  const inside = [...above, error];
  if (error.cause !== undefined) write(error.cause, "cause: ", lines, inside);
  const members = error instanceof AggregateError ? error.errors : [];
  for (const [i, member] of members.entries()) {
    write(member, `error ${i + 1} of ${members.length}: `, lines, inside);
  }
  const { errors, count } = suppressedErrors(error);
  for (const [i, later] of errors.entries()) {
    write(later, `suppressed ${i + 1} of ${count}: `, lines, inside);
  }
}

function described(error: unknown): string {
  if (!(error instanceof Error)) return show(error);
  const { stack } = error;
  return stack === undefined || !stack.includes(error.message) ? summary(error) : stack;
}

function summary(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : show(error);
}
