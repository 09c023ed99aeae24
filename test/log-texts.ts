import { currentRuntime } from "../src/index.ts";

/** What is reported to the runtime's log while `body` runs: each record as its code and its message. */
export async function logTexts(body: () => Promise<void>): Promise<string[]> {
  const runtime = currentRuntime();
  const { log } = runtime;
  const texts: string[] = [];
  runtime.log = ({ code, message }) => texts.push(`${code} ${message}`);
  try {
    await body();
  } finally {
    runtime.log = log;
  }
  return texts;
}
