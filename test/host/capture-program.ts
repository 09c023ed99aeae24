/**
 * Programs that fail while the platform is captured, one for each argument. They run in processes of their own: what nobody
 * catches belongs to the runner of tests otherwise.
 */
import process from "node:process";
import { processPlatform } from "../../src/host/simulation-platform.ts";
import { captured, inside, FakeWorld, realTurn, worlds } from "./fake-world.ts";

const lines: string[] = [];
const hear =
  (who: string) =>
  (error: unknown): unknown =>
    lines.push(`${who}: ${String(error)}`);

/** Long enough for a rejection to be noticed on every runtime. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await realTurn();
}

function fail(text: string): void {
  void Promise.reject(new Error(`${text} rejected`));
  queueMicrotask(() => {
    throw new Error(`${text} thrown`);
  });
}

function show(): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

const events = ["unhandledRejection", "uncaughtException"] as const;

const programs: Readonly<Record<string, () => Promise<void>>> = {
  /** Failures inside, which reach the world alone. */
  async inside() {
    for (const event of events) process.on(event, hear(`outer ${event}`));
    await captured(async (world) => {
      inside(world, () => fail("inside"));
      await settle();
      lines.push(...world.errors.map((error) => `world: ${String(error)}`).sort());
    })();
    show();
  },

  /** Cancellations inside, which nobody hears of. */
  async cancelled() {
    process.on("unhandledRejection", hear("outer"));
    const brand = Symbol.for("tsyncio.error");
    await captured(async (world) => {
      inside(world, () => {
        void Promise.reject(Object.assign(new Error("a"), { [brand]: "TSY_CANCELLED" }));
        void Promise.reject(Object.assign(new Error("b"), { [brand]: "TSY_SCOPE_ENDED" }));
      });
      await settle();
      lines.push(`world: ${world.errors.length}`);
    })();
    show();
  },

  /** Failures outside of every world, before, in and after a capture. No world is live. */
  async outside() {
    for (const event of events) {
      process.on(event, hear(`outer ${event}`));
      process.once(event, hear(`once ${event}`));
    }
    const restore = processPlatform.capture(worlds);
    fail("first");
    await settle();
    fail("second");
    await settle();
    restore();
    fail("third");
    await settle();
    lines.push(events.map((event) => process.listenerCount(event)).join());
    show();
  },

  /** Listeners that come and go while the platform is captured. */
  async listeners() {
    const [a, b, c, d] = ["a", "b", "c", "d"].map(hear) as Array<(error: unknown) => void>;
    process.on("unhandledRejection", a!);
    process.once("unhandledRejection", b!);
    const raw = process.rawListeners("unhandledRejection");
    const restore = processPlatform.capture(worlds);
    lines.push(String(process.listenerCount("unhandledRejection")));
    process.on("unhandledRejection", c!);
    restore();
    const after = process.rawListeners("unhandledRejection");
    lines.push(
      String(after[0] === raw[0] && after[1] === raw[1] && after[2] === c && after.length === 3),
    );
    restore();
    lines.push(String(process.listenerCount("unhandledRejection")));
    const again = processPlatform.capture(worlds);
    process.on("unhandledRejection", d!);
    void Promise.reject(new Error("outside"));
    await settle();
    again();
    lines.push(String(process.listenerCount("unhandledRejection")));
    show();
  },

  /** A listener that restores the platform. */
  async restoring() {
    const ends: Array<() => void> = [];
    process.on("unhandledRejection", () => ends.forEach((end) => end()));
    const before = process.rawListeners("unhandledRejection");
    ends.push(processPlatform.capture(worlds));
    void Promise.reject(new Error("outside"));
    await settle();
    const after = process.rawListeners("unhandledRejection");
    lines.push(String(after.length === 1 && after[0] === before[0]));
    show();
  },

  /** With tsyncio's own listener, which throws what it is the only one to hear of. */
  async library() {
    await import("../../src/index.ts");
    process.on("unhandledRejection", hear("outer"));
    const restore = processPlatform.capture(worlds);
    void Promise.reject(new Error("outside"));
    await settle();
    restore();
    show();
  },

  /** Nobody listens: the platform ends the process; Bun does not do so at once while it serves immediates, so there are none. */
  async rejection() {
    processPlatform.capture(worlds);
    void Promise.reject(new Error("nobody hears"));
    setTimeout(() => process.stdout.write("still alive\n"), 50);
  },

  async exception() {
    processPlatform.capture(worlds);
    setTimeout(() => {
      throw new Error("nobody hears");
    }, 1);
    setTimeout(() => process.stdout.write("still alive\n"), 100);
  },

  /** A module that is loaded inside. */
  async module() {
    const world = new FakeWorld();
    const restore = processPlatform.capture(worlds);
    const loaded = await inside(world, () => import("../fixtures/child.ts"));
    restore();
    lines.push(typeof loaded.runProgram, String(world.refused.length));
    show();
  },
};

// Not awaited: Bun ends no process by an error while its main module awaits.
void programs[process.argv[2] ?? ""]?.();
