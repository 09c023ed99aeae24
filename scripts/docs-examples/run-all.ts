import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import type { Printed } from "./expected.ts";
import type { BatchMessage } from "./run-batch.ts";

/** How a module ended and what it printed. */
export interface Outcome {
  readonly printed: Printed[];
  error: string | null;
}

const batch = join(import.meta.dirname, "run-batch.ts");

/** Runs modules in `processes` processes, many in each. One that ends its process is charged for it; the rest go on in another. */
export async function runAll(files: readonly string[], processes = 2): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const shares = Array.from({ length: processes }, (_, at) =>
    files.filter((_file, index) => index % processes === at),
  );
  await Promise.all(shares.map((share) => runShare(share, outcomes)));
  return outcomes;
}

async function runShare(share: readonly string[], outcomes: Map<string, Outcome>): Promise<void> {
  let rest = share;
  while (rest.length > 0) {
    const { running, said } = await runProcess(rest, outcomes);
    const killer = outcomes.get(running ?? "");
    if (killer !== undefined) killer.error = `ended the whole process\n${said}`;
    const left = rest.filter((file) => !outcomes.has(file));
    if (left.length === rest.length) throw new Error(`no example could be run:\n${said}`);
    rest = left;
  }
}

/** Runs as many as the process survives: `running` is the one that it did not. */
function runProcess(
  files: readonly string[],
  outcomes: Map<string, Outcome>,
): Promise<{ running: string | null; said: string }> {
  const child = spawn(process.execPath, ["--conditions=tsyncio-source", batch, ...files], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let running: string | null = null;
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  createInterface(child.stdout).on("line", (line) => {
    const message = parse(line);
    if (message === null) return;
    const { kind, file } = message;
    if (kind === "begin") {
      running = file;
      outcomes.set(file, { printed: [], error: null });
    } else if (kind === "print")
      outcomes.get(file)?.printed.push({ line: message.line, text: message.text });
    else {
      running = null;
      outcomes.set(file, { printed: outcomes.get(file)?.printed ?? [], error: message.error });
    }
  });
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ running, said: `${said}(exit code ${code})` }));
  });
}

/** What an example writes itself, past `console.log`, is no message. */
function parse(line: string): BatchMessage | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "kind" in value
      ? (value as BatchMessage)
      : null;
  } catch {
    return null;
  }
}
