// Of two build steps that run at the same time one fails: the other is ended, with everything that it has started, before the report.
import { all, run } from "tsyncio";
import { command, CommandFailed } from "tsyncio/io";

async function step(name: string, script: string): Promise<void> {
  try {
    for await (const line of command("sh", ["-c", script], { graceMs: 1_000 }).lines())
      console.log(`${name}: ${line}`);
    console.log(`${name}: done`);
  } finally {
    console.log(`${name}: ended`);
  }
}

await run(async () => {
  await step("types", "echo 2 files");
  try {
    await all([
      () => step("tests", "echo expected 1, got 2 >&2; exit 1"),
      () => step("server", "sleep 60 & sleep 60"), // a shell, and a process behind it
    ]);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    console.log(`status ${error.status}: ${error.stderrTail.trim()}`);
  }
});
