/** What asyncio's own tests demand of task groups in which something fails. See cases.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Cancelled,
  currentSignal,
  sleep,
  suppressedErrors,
  withTaskGroup,
  type Task,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";
import { crash, crashInCleanUp } from "./crash.ts";

// Unlike asyncio, a group throws the first error itself, never a group of errors; later ones are in suppressedErrors().
describe("A task group in which a task fails", () => {
  it(
    "cancels the other tasks, throws the error itself, and does not go on",
    virtual(async () => {
      const boom = new RangeError("boom");
      let other: Task | undefined;
      let cancelled: unknown;
      let went = false;
      const failing = withTaskGroup((group) => {
        group.spawn(crash, 10, boom);
        other = group.spawn(() =>
          sleep(100).catch((error: unknown) => {
            cancelled = error;
            throw error;
          }),
        );
      }).then(() => {
        went = true;
      });
      await assert.rejects(failing, (error) => error === boom);
      assert.ok(cancelled instanceof Cancelled);
      assert.deepEqual([other?.state, went], ["cancelled", false]);
    }),
  );

  it(
    "keeps the errors of tasks that fail in the same instant with the first, and cancels the body",
    virtual(async () => {
      const [first, second, third] = [new Error("1"), new Error("2"), new Error("3")];
      let bodyCancelled = false;
      const failing = withTaskGroup(async (group) => {
        for (const error of [first, second, third]) group.spawn(crash, 10, error);
        group.spawn(() => sleep(500));
        await assert.rejects(sleep(1_000), Cancelled);
        bodyCancelled = true;
      });
      await assert.rejects(failing, (error) => error === first);
      assert.deepEqual(suppressedErrors(first), { errors: [second, third], count: 2 });
      assert.equal(bodyCancelled, true);
    }),
  );

  it(
    "keeps the error that the body throws in its clean-up with that of the task",
    virtual(async () => {
      const boom = new RangeError("task");
      const later = new TypeError("body");
      const failing = withTaskGroup(async (group) => {
        group.spawn(crash, 10, boom);
        await crashInCleanUp(later);
      });
      await assert.rejects(failing, (error) => error === boom);
      assert.deepEqual(suppressedErrors(boom).errors, [later]);
    }),
  );

  // Unlike asyncio, where a KeyboardInterrupt goes before: a signal is no exception here, it cancels the program.
  it(
    "lets no later error outrank the first one, whatever its kind",
    virtual(async () => {
      class Interrupt extends Error {}
      const boom = new RangeError("task");
      const failing = withTaskGroup(async (group) => {
        group.spawn(crash, 10, boom);
        await crashInCleanUp(new Interrupt("stop everything"));
      });
      await assert.rejects(failing, (error) => error === boom);
      assert.ok(suppressedErrors(boom).errors[0] instanceof Interrupt);
    }),
  );

  it(
    "keeps a thrown value that is no Error like any other failure",
    virtual(async () => {
      const boom = new RangeError("task");
      const failing = withTaskGroup(async (group) => {
        group.spawn(crash, 10, boom);
        await crashInCleanUp("a string");
      });
      await assert.rejects(failing, (error) => error === boom);
      assert.deepEqual(suppressedErrors(boom).errors, ["a string"]);
    }),
  );

  it(
    "throws a first failure that is no Error as it is, and reports the later ones",
    virtual(async (time) => {
      const later = new TypeError("body");
      const failing = withTaskGroup(async (group) => {
        group.spawn(crash, 10, "a string");
        await crashInCleanUp(later);
      });
      await assert.rejects(failing, (error) => error === "a string");
      assert.deepEqual(time.takeUnhandled(), [later]);
    }),
  );

  it(
    "keeps the error of a resource that fails to close with that of the task",
    virtual(async () => {
      const boom = new RangeError("task");
      const broken = new TypeError("close");
      const failing = withTaskGroup(async (group) => {
        await using _database = {
          async [Symbol.asyncDispose]() {
            throw broken;
          },
        };
        group.spawn(async () => {
          throw boom;
        });
        await sleep(1);
      });
      await assert.rejects(failing, (error) => error === boom);
      const { errors, count } = suppressedErrors(boom);
      assert.equal(count, 1);
      assert.equal((errors[0] as SuppressedError).error, broken);
      await sleep(1);
    }),
  );

  it(
    "leaves the code around it uncancelled when it catches the error",
    virtual(async () => {
      await assert.rejects(
        withTaskGroup((group) => group.spawn(crash, 0, new RangeError("boom"))),
        RangeError,
      );
      assert.equal(currentSignal().aborted, false);
    }),
  );

  it(
    "lets code wait after it that has caught its error",
    virtual(async () => {
      const boom = new Error("boom");
      await assert.rejects(
        withTaskGroup((group) => {
          group.spawn(async () => {
            throw boom;
          });
        }),
        boom,
      );
      await sleep(0);
      await sleep(1);
    }),
  );
});

describe("A task group whose body fails", () => {
  it(
    "cancels its tasks when the body throws after a wait, and throws that error",
    virtual(async () => {
      const boom = new Error("boom");
      const tasks: Task[] = [];
      const failing = withTaskGroup(async (group) => {
        tasks.push(
          group.spawn(() => sleep(10)),
          group.spawn(() => sleep(20)),
        );
        await crash(1, boom);
      });
      await assert.rejects(failing, (error) => error === boom);
      assert.deepEqual(
        tasks.map((task) => task.state),
        ["cancelled", "cancelled"],
      );
    }),
  );

  it(
    "cancels its tasks when the body throws at once",
    virtual(async (time) => {
      const boom = new Error("boom");
      const tasks: Task[] = [];
      const failing = withTaskGroup((group) => {
        tasks.push(
          group.spawn(() => sleep(10)),
          group.spawn(() => sleep(20)),
        );
        throw boom;
      });
      await assert.rejects(failing, (error) => error === boom);
      assert.deepEqual(
        tasks.map((task) => task.state),
        ["cancelled", "cancelled"],
      );
      assert.equal(time.now(), 0);
    }),
  );
});

describe("Task groups inside each other", () => {
  it(
    "throw the error of the outer task when the inner tasks had none",
    virtual(async () => {
      const boom = new RangeError("outer");
      const failing = withTaskGroup(async (outer) => {
        outer.spawn(crash, 10, boom);
        await withTaskGroup((inner) => inner.spawn(crash, 1_000, new TypeError("inner")));
      });
      await assert.rejects(failing, (error) => error === boom);
      assert.equal(suppressedErrors(boom).count, 0);
    }),
  );

  it(
    "pass the error of an inner task through both as it is, and cancel the outer tasks",
    virtual(async () => {
      const boom = new TypeError("inner");
      let outerTask: Task | undefined;
      const failing = withTaskGroup(async (outer) => {
        outerTask = outer.spawn(crash, 1_000, new RangeError("outer"));
        await withTaskGroup((inner) => inner.spawn(crash, 10, boom));
      });
      await assert.rejects(failing, (error) => error === boom);
      assert.equal(suppressedErrors(boom).count, 0);
      assert.equal(outerTask?.state, "cancelled");
    }),
  );

  it(
    "throw each its own error when a task of both fails in the same instant",
    virtual(async () => {
      const [innerError, outerError] = [new TypeError("inner"), new RangeError("outer")];
      const steps: string[] = [];
      const failing = withTaskGroup(async (outer) => {
        const nested = withTaskGroup((inner) => {
          inner.spawn(crash, 1, innerError);
          outer.spawn(crash, 1, outerError);
        });
        await assert.rejects(nested, (error) => error === innerError);
        steps.push("inner handled");
        await assert.rejects(sleep(0), Cancelled);
        steps.push("outer cancelled");
      });
      await assert.rejects(failing, (error) => error === outerError);
      assert.deepEqual(steps, ["inner handled", "outer cancelled"]);
      assert.equal(currentSignal().aborted, false);
    }),
  );
});
