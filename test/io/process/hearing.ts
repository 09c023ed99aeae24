/** A program that waits for a signal, and has another loop in the background, for signals.test.ts. */
import process from "node:process";
import { currentRuntime, sleep } from "../../../src/index.ts";
import { signals } from "../../../src/io.ts";

currentRuntime().background.spawn(async () => {
  for await (const name of signals("SIGWINCH")) process.stdout.write(`${name}\n`);
});

async function main(): Promise<void> {
  setTimeout(() => process.stdout.write("ready\n"), 50);
  for await (const name of signals("SIGHUP")) {
    process.stdout.write(`${name}\n`);
    break;
  }
}

await main();
await sleep(0);
