/** A program with few descriptors to spare, for nothing-left.test.ts. It runs a command when none is left, and again when there are some. */
import { closeSync, openSync } from "node:fs";
import process from "node:process";
import { sleep } from "../../../src/index.ts";
import { command, SpawnFailed } from "../../../src/io.ts";
import { openDescriptors } from "./proc.ts";

await command("true").run();
await sleep(0);
const before = openDescriptors();
for (let spare = 0; spare < 6; spare++) {
  const held: number[] = [];
  try {
    for (;;) held.push(openSync("/dev/null", "r"));
  } catch {
    for (const descriptor of held.splice(0, spare)) closeSync(descriptor);
  }
  try {
    await command("true").run();
    process.stdout.write("ran ");
  } catch (error) {
    process.stdout.write(
      `${error instanceof SpawnFailed ? (error.systemCode ?? "no code") : String(error)} `,
    );
  }
  for (const descriptor of held) closeSync(descriptor);
  for (let look = 0; look < 100 && openDescriptors() > before; look++) await sleep(2);
}
await command("true").run();
for (let look = 0; look < 100 && openDescriptors() > before; look++) await sleep(2);
process.stdout.write(openDescriptors() <= before ? "none left" : `${openDescriptors() - before} left`);
