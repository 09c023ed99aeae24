/** Programs that exit while children live, for nothing-left.test.ts: they print the pids of a child and of a grandchild. */
import process from "node:process";
import { run } from "../../../src/index.ts";
import { command } from "../../../src/io.ts";

const how = process.argv[2];

// Not awaited: Bun does not end for an uncaught error while a module waits.
void run(async () => {
  await using owned = new AsyncDisposableStack();
  const child = await command("sh", ["-c", "trap '' TERM; sleep 60 & echo $!; wait"], {
    graceMs: 30,
  }).start();
  if (how !== "forget") owned.use(child);
  const grandchild = await child.stdout.readLine();
  process.stdout.write(`${child.pid}\n${grandchild}\n`);
  if (how === "exit") process.exit(0);
  if (how === "throw")
    queueMicrotask(() => {
      throw new Error("on purpose");
    });
  if (how === "signal") process.kill(process.pid, "SIGTERM");
  if (how !== "forget") await child.wait();
});
