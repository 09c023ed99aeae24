/** Programs that interrupt themselves, for runners.test.ts: `interrupted.ts NAME` runs the one of that name. */
import process from "node:process";
import { currentRuntime, Future, run, sleep, withCancelScope, withShield } from "../../src/index.ts";

const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const interrupt = (): boolean => process.kill(process.pid, "SIGINT");

/** Waits for what never comes. A timer keeps the process from ending for lack of work before the signal arrives. */
async function forever(): Promise<Future<never>> {
  const future = new Future<never>();
  const timer = currentRuntime().callLater(10_000, () => {});
  currentRuntime().callLater(20, interrupt);
  try {
    await future.wait();
  } catch {
    // What the program does about it is for the caller to say.
  } finally {
    timer.cancel();
  }
  return future;
}

const programs: Record<string, () => Promise<unknown>> = {
  async busy() {
    currentRuntime().callLater(20, interrupt);
    try {
      for (;;) await sleep(0);
    } finally {
      print("cancelled");
    }
  },

  async waiting() {
    const future = await forever();
    print(`waiters: ${future.stats().waiters}`);
    await sleep(0);
  },

  async cancelledBefore() {
    await withCancelScope(async (scope) => {
      scope.cancel("by the program itself");
      interrupt();
      await withShield(10_000, () => sleep(100));
      await sleep(0);
    });
    print("went on");
  },

  async swallowing() {
    await forever();
    return "returned";
  },
};

const program = programs[process.argv[2] ?? ""];
if (program === undefined) throw new Error(`no program ${process.argv[2]}`);
print(String(await run(program)));
