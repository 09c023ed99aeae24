import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import {
  ContextVar,
  formatError,
  suppressedErrors,
  TimeoutError,
  TsyncioError,
} from "../../src/index.ts";
import { importThread, shareable, ThreadPool } from "../../src/threads.ts";
import { Livelock } from "../../src/testing.ts";
import { fromWire } from "../../src/threads/error-from-wire.ts";
import { toWire } from "../../src/threads/wire-error.ts";
import { OutOfStock, privateId, requestId, Unmarked } from "../fixtures/thread-work.ts";

const address = new URL("../fixtures/thread-work.ts", import.meta.url);
const pool = new ThreadPool({ threads: 1 });
const work = importThread<typeof import("../fixtures/thread-work.ts")>(address, { pool });
after(() => pool[Symbol.asyncDispose]());

async function thrownBy(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

describe("An error of a thread", () => {
  it("keeps its causes, also where they run in a circle", async () => {
    const first = (await thrownBy(work.throwIt("circle"))) as Error;
    const second = first.cause as Error;
    assert.equal(first.message, "first");
    assert.ok(second instanceof TypeError);
    assert.equal(second.cause, first);
    assert.match(formatError(first), /shown above/);
  });

  it("is of its class where that is shareable, with its own properties and its methods", async () => {
    const error = await thrownBy(work.throwIt("shared"));
    assert.ok(error instanceof OutOfStock && error instanceof RangeError);
    assert.equal(error.message, "no tea left");
    assert.equal(error.describe(), "out of tea");
    assert.ok(error.cause instanceof SyntaxError);
  });

  it("is of the nearest built-in class otherwise, and keeps its name and what can be cloned", async () => {
    const error = await thrownBy(work.throwIt("unmarked"));
    assert.ok(error instanceof TypeError);
    assert.equal(error instanceof Unmarked, false);
    assert.equal(error.name, "Unmarked");
    assert.deepEqual((error as Partial<Unmarked>).detail, { deep: [1, 2] });
    const coded = (await thrownBy(work.throwIt("coded"))) as NodeJS.ErrnoException & { open: unknown };
    assert.equal(coded.code, "ENOENT");
    assert.equal(coded.errno, -2);
    assert.equal(typeof coded.open, "string", "a picture of what cannot be cloned");
  });

  it("keeps the members of a compound error, each of its class", async () => {
    const error = (await thrownBy(work.throwIt("aggregate"))) as AggregateError;
    assert.ok(error instanceof AggregateError);
    const [one, two, three] = error.errors as unknown[];
    assert.ok(one instanceof TypeError);
    assert.equal(two, "two");
    assert.ok(three instanceof OutOfStock);
  });

  it("is recognised by its code where it is one of ours", async () => {
    const error = await thrownBy(work.timeOut());
    assert.ok(error instanceof TimeoutError);
    assert.equal(error.code, "TSY_TIMEOUT");
    assert.equal(error.name, "TimeoutError");
  });

  it("keeps the later failures of its task group", async () => {
    const error = await thrownBy(work.failTwice());
    const { errors, count } = suppressedErrors(error);
    assert.equal(count, 1);
    assert.ok(errors[0] instanceof RangeError);
  });

  it("has the stack of the thread, then that of the caller", async () => {
    const { stack = "" } = (await thrownBy(work.throwIt("shared"))) as Error;
    const lines = stack.split("\n");
    const border = lines.findIndex((line) => line.includes("---- in thread 1 of thread pool"));
    assert.ok(
      lines.slice(0, border).some((line) => line.includes("thread-work.ts")),
      stack,
    );
    assert.ok(
      lines.slice(border).some((line) => line.includes("errors-across.test.ts")),
      stack,
    );
    assert.ok(!stack.includes("src/threads"), stack);
  });

  it("arrives as it is where it is no error", async () => {
    assert.equal(await thrownBy(work.throwIt("number")), 17);
    assert.deepEqual(await thrownBy(work.throwIt("object")), { reason: "none", at: [1] });
    assert.equal(await thrownBy(work.throwIt("undefined")), undefined);
    assert.equal(typeof (await thrownBy(work.throwIt("function"))), "string");
  });

  it("keeps the name of a DOMException", async () => {
    const error = await thrownBy(work.throwIt("abort"));
    assert.ok(error instanceof DOMException);
    assert.equal(error.name, "AbortError");
  });
});

describe("An error as data", () => {
  it("never throws, whatever is thrown at it", () => {
    const hostile = new Error("hostile");
    Object.defineProperty(hostile, "message", {
      get() {
        throw new Error("no");
      },
    });
    for (const thrown of [hostile, new Proxy({}, { get: () => assert.fail() }), Symbol("s"), null, 1n])
      assert.doesNotThrow(() => structuredClone(toWire(thrown)));
  });

  it("is bounded, however much hangs on it", () => {
    let error = new Error("0");
    for (let at = 1; at < 5_000; at++) error = new Error(String(at), { cause: error });
    const wire = toWire(error);
    assert.equal(wire.nodes.length, 1_000);
    assert.equal((fromWire(wire, "a thread", null) as Error).message, "4999");
  });

  it("does not need to know the class of ours that it is", () => {
    const made = new Livelock("a loop", "Sleep.", "root");
    const error = fromWire(toWire(made), "a thread", null) as Livelock;
    assert.ok(error instanceof Livelock && error instanceof TsyncioError);
    assert.equal(error.code, "TSY_LIVELOCK");
    assert.equal(error.name, "Livelock");
  });
});

describe("shareable", () => {
  it("lets the value of a ContextVar cross over, and of no other", async () => {
    await requestId.run("r1", () =>
      privateId.run("p1", async () => {
        assert.deepEqual(await work.context(), ["r1", "none"]);
      }),
    );
    assert.deepEqual(await work.context(), ["none", "none"]);
  });

  it("names the variable whose value cannot be cloned", async () => {
    const fn = (() => {}) as unknown as string;
    await assert.rejects(
      requestId.run(fn, () => work.context()),
      /ContextVar "test\.requestId" cannot be sent/,
    );
  });

  it("refuses what is neither, and a second one of a name", () => {
    class NoError {}
    for (const wrong of [NoError, 7, () => {}, null])
      assert.throws(() => shareable(wrong as never), /Give a ContextVar, or a class that extends Error/);
    assert.throws(() => shareable(new ContextVar("test.requestId")), /named "test\.requestId"/);
    assert.equal(shareable(requestId), requestId);
    assert.throws(() => shareable(class extends Error {}, ""), /Give a name/);
  });
});
