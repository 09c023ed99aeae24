/**
 * Runs modules one after the other in this process, and says on standard output, one JSON object a line, when each begins, what
 * which of its lines printed, and how it ended. The process ends with the last one, whatever is left running.
 *
 * No timer of ours keeps the process alive: an example that waits for ever ends it, as it would end its own.
 */
import { readFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import type { Printed } from "./expected.ts";

export type BatchMessage =
  | { readonly kind: "begin"; readonly file: string }
  | ({ readonly kind: "print"; readonly file: string } & Printed)
  | { readonly kind: "end"; readonly file: string; readonly error: string | null };

const LONGEST_MS = 20_000;

function tell(message: BatchMessage): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

/** The line of the example that called, from the stack: type stripping keeps lines. */
function caller(file: string): number {
  const { href } = pathToFileURL(file);
  const frame = new Error().stack?.split("\n").find((text) => text.includes(href)) ?? "";
  return Number(/:(\d+):\d+\)?$/.exec(frame)?.[1] ?? 0);
}

async function runOne(file: string): Promise<string | null> {
  console.log = (...values: unknown[]) =>
    tell({ kind: "print", file, line: caller(file), text: format(...values) });
  const uncaught = Promise.withResolvers<never>();
  process.on("uncaughtException", uncaught.reject);
  const timer = setTimeout(
    () => uncaught.reject(new Error(`did not end within ${LONGEST_MS} ms`)),
    LONGEST_MS,
  ).unref();
  try {
    await Promise.race([import(pathToFileURL(file).href), uncaught.promise]);
    return null;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    clearTimeout(timer);
    process.off("uncaughtException", uncaught.reject);
    process.exitCode = 0;
  }
}

/** Loads what a program imports of ours, before its time runs: unbuilt source takes seconds on a busy machine. */
async function loadEntries(file: string): Promise<void> {
  for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(/ from "(tsyncio[^"]*)"/g))
    await import(specifier);
}

for (const file of process.argv.slice(2)) {
  await loadEntries(file);
  tell({ kind: "begin", file });
  tell({ kind: "end", file, error: await runOne(file) });
}
process.exit(0);
