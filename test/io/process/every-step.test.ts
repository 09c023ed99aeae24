/** Every call that runs a command, cancelled at every step it takes: in virtual time, with processes of our own making. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { command, CommandNotFound } from "../../../src/io.ts";
import { withProcessPlatform } from "../../../src/io/process/platform.ts";
import { virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";
import { FakeProcesses } from "./fake-processes.ts";

const files = ["nap 5", "stubborn", "parent"];

describe("A command cancelled at any step", () => {
  for (const file of files.filter((name) => name !== "stubborn")) {
    it(
      `leaves no process of "${file}" when it runs to its end`,
      everyStep(async (step) => {
        const fakes = new FakeProcesses();
        await withProcessPlatform(fakes, () => step.attempt(() => command(file).run()));
        fakes.assertNothingLeft();
      }),
    );
  }

  it(
    "kills one that takes no notice of SIGTERM, after its grace period",
    everyStep(async (step) => {
      const fakes = new FakeProcesses();
      const began = step.now();
      await withProcessPlatform(fakes, () =>
        withTimeoutOr(10, () => step.attempt(() => command("stubborn", [], { graceMs: 50 }).run()), null),
      );
      fakes.assertNothingLeft();
      for (const { signals } of fakes.all) assert.deepEqual(signals, ["SIGTERM", "SIGCONT", "SIGKILL"]);
      assert.ok(step.now() - began <= 61, `${step.now() - began} ms`);
    }),
  );

  it(
    "leaves no process of a pipeline",
    everyStep(async (step) => {
      const fakes = new FakeProcesses();
      const pipeline = command("nap 3").pipe(command("parent")).pipe(command("nap 1"));
      await withProcessPlatform(fakes, () => step.attempt(() => pipeline.run()));
      fakes.assertNothingLeft();
    }),
  );

  it(
    "leaves no process of one that was started, whether the start came to its end or not",
    everyStep(async (step) => {
      const fakes = new FakeProcesses();
      await withProcessPlatform(fakes, () =>
        step.attempt(async () => {
          await using child = await command("nap 5").start();
          await child.wait();
        }),
      );
      fakes.assertNothingLeft();
    }),
  );

  it(
    "leaves no process behind a loop over lines",
    everyStep(async (step) => {
      const fakes = new FakeProcesses();
      await withProcessPlatform(fakes, () =>
        step.attempt(async () => {
          for await (const line of command("nap 5").lines()) assert.fail(line);
        }),
      );
      fakes.assertNothingLeft();
    }),
  );

  it(
    "goes on to end the child when only the wait for that is cancelled",
    everyStep(async (step) => {
      const fakes = new FakeProcesses();
      await withProcessPlatform(fakes, async () => {
        await using child = await command("parent").start();
        await step.attempt(() => child.terminate());
      });
      fakes.assertNothingLeft();
    }),
  );

  it(
    "tells of a missing program, or of the cancellation",
    everyStep(async (step) => {
      const fakes = new FakeProcesses();
      const found = await withProcessPlatform(fakes, () =>
        step.attempt(() =>
          command("missing")
            .run()
            .catch((error: unknown) => {
              if (error instanceof CommandNotFound) return "not found";
              throw error;
            }),
        ),
      );
      assert.ok(found.cancelled || found.value === "not found");
    }),
  );
});

describe("A child", () => {
  it(
    "ended by several at once is asked once, and all wait for the end",
    virtual(async () => {
      const fakes = new FakeProcesses();
      await withProcessPlatform(fakes, async () => {
        await using child = await command("stubborn", [], { graceMs: 20 }).start();
        const exits = await withTaskGroup(async (group) => {
          const tasks = [1, 2, 3].map(() => group.spawn(() => child.terminate()));
          const waiting = group.spawn(() => child.wait());
          return [await waiting.join(), ...(await Promise.all(tasks.map((task) => task.join())))];
        });
        for (const exit of exits) assert.deepEqual(exit, { status: null, signal: "SIGKILL" });
      });
      assert.deepEqual(fakes.all[0]?.signals, ["SIGTERM", "SIGCONT", "SIGKILL"]);
    }),
  );

  it(
    "is not signalled once it was reaped",
    virtual(async () => {
      const fakes = new FakeProcesses();
      await withProcessPlatform(fakes, async () => {
        await using child = await command("parent").start();
        assert.equal(child.signal("SIGHUP"), true);
        await child.wait();
        assert.equal(child.signal("SIGHUP"), false);
        assert.equal(child.stats().phase, "living");
      });
      assert.deepEqual(fakes.all[0]?.signals, ["SIGHUP", "SIGTERM", "SIGCONT"]);
      fakes.assertNothingLeft();
    }),
  );
});
