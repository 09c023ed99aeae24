import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { Disposed, InvalidArgument, run, withTaskGroup } from "../../src/index.ts";
import {
  importThread,
  ModuleNotLoaded,
  NoSuchExport,
  NotCloneable,
  ThreadPool,
  transfer,
} from "../../src/threads.ts";

const address = new URL("../fixtures/thread-work.ts", import.meta.url);
type Work = typeof import("../fixtures/thread-work.ts");

const pool = new ThreadPool({ threads: 2, name: "the test's pool" });
const work = importThread<Work>(address, { pool });
after(async () => {
  await pool[Symbol.asyncDispose]();
  assert.equal(pool.stats().threads, 0);
});

/** What a call of a function that the types do not know gives. */
const untyped = work as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
const calling = (name: string, ...args: unknown[]): Promise<unknown> =>
  (untyped[name] as (...args: unknown[]) => Promise<unknown>)(...args);

describe("importThread", () => {
  it("calls functions of a TypeScript module in another thread, sync and async alike", async () => {
    assert.equal(await work.add(1, 2), 3);
    assert.equal(await work.length({ x: 3, y: 4 }), 5);
    const anonymous = importThread<{ default(n: number): number }>(
      "data:text/javascript,export default (n) => -n",
      { pool },
    );
    assert.equal(await anonymous.default(4), -4);
    assert.equal(await work.where(), false);
  });

  it("evaluates the module outside of the call that loads it", async () => {
    assert.equal(await work.loadedIn(), "no task");
  });

  it("types exactly the functions, with their results awaited", async () => {
    const seen: Promise<number> = work.length({ x: 0, y: 0 });
    assert.equal(await seen, 0);
    // @ts-expect-error A number is no string.
    const wrong: Promise<string> = work.add(1, 2);
    assert.equal(await wrong, 3);
    // @ts-expect-error No function.
    void work.answer;
    // @ts-expect-error A class.
    void work.OutOfStock;
  });

  it("gives the same function each time, and no promise of itself", async () => {
    assert.equal(work.add, work.add);
    assert.equal(work.add.name, "add");
    assert.equal((work as { then?: unknown }).then, undefined);
    assert.equal(await Promise.resolve(work), work);
  });

  it("copies arguments and results", async () => {
    const point = { x: 6, y: 8 };
    const call = work.length(point);
    assert.equal(await call, 10);
    const bytes = new Uint8Array([1, 2, 3]);
    assert.equal(await work.sum(bytes), 6);
    assert.equal(bytes.length, 3);
  });

  it("moves what is marked with transfer, in both directions", async () => {
    const bytes = new Uint8Array(1_000).fill(2);
    assert.equal(await work.sum(transfer(bytes)), 2_000);
    assert.equal(bytes.length, 0);
    assert.equal((await work.bytes(500, true)).length, 500);
    assert.equal((await work.bytes(500, false)).length, 500);
  });

  it("works nested, from inside a thread", async () => {
    assert.equal(await work.nested(1), 2);
  });

  it("ends the threads of the shared pool with the run", async () => {
    const shared = importThread<Work>(address);
    await run(
      async () => {
        assert.equal(await shared.add(20, 22), 42);
      },
      { signals: false },
    );
  });

  it("lets a task be cancelled that calls outside of any run", async () => {
    await withTaskGroup((group) => {
      const task = group.spawn(() => work.rest(60_000));
      task.cancel();
    });
    assert.equal(await work.add(1, 1), 2);
  });
});

describe("Bad input of importThread", () => {
  it("is refused at once where it is no address", () => {
    for (const url of ["./work.ts", "", 7, null]) {
      assert.throws(() => importThread(url as string), /Give the address of the module/);
    }
    assert.throws(() => importThread(address, { pool: {} as ThreadPool }), InvalidArgument);
  });

  it("says which module does not exist, and where it was called", async () => {
    const missing = importThread<Work>(new URL("./no-such-module.ts", import.meta.url), { pool });
    await assert.rejects(missing.add(1, 2), (error: Error) => {
      assert.ok(error instanceof ModuleNotLoaded);
      assert.match(error.message, /no-such-module\.ts could not be loaded/);
      assert.match(error.stack ?? "", /import-thread\.test\.ts/);
      return true;
    });
    assert.equal(await work.add(1, 2), 3);
  });

  it("tells what a module threw while it was evaluated", async () => {
    const broken = importThread<Work>("data:text/javascript,throw new RangeError('not today')", { pool });
    await assert.rejects(broken.add(1, 2), (error: Error) => {
      assert.ok(error instanceof ModuleNotLoaded);
      assert.ok(error.cause instanceof RangeError);
      assert.match(error.message, /not today/);
      return true;
    });
  });

  it("says what the module does export, for a name that it does not, and for what is no function", async () => {
    await assert.rejects(calling("subtract", 2, 1), (error: Error) => {
      assert.ok(error instanceof NoSuchExport);
      assert.match(
        error.message,
        /"subtract" is not exported in .*thread-work\.ts\. It exports .*\badd\b/,
      );
      return true;
    });
    await assert.rejects(calling("answer"), /"answer" is 42, not a function/);
  });

  it("names the function and the argument that cannot be cloned, and nothing is lost", async () => {
    await assert.rejects(
      calling("add", 1, () => 2),
      (error: Error) => {
        assert.ok(error instanceof NotCloneable);
        assert.match(error.message, /argument 1 of add\(\) of .*thread-work\.ts cannot be sent/);
        return true;
      },
    );
    assert.equal(await work.add(1, 2), 3);
  });

  it("names the function whose result cannot be cloned", async () => {
    await assert.rejects(work.uncloneable(), (error: Error) => {
      assert.ok(error instanceof NotCloneable);
      assert.match(error.message, /the result of uncloneable\(\)/);
      return true;
    });
    assert.equal(await work.add(1, 2), 3);
  });

  it("does not move what could not be sent", async () => {
    const bytes = new Uint8Array(4);
    await assert.rejects(
      calling("sum", transfer(bytes), () => {}),
      NotCloneable,
    );
    assert.equal(bytes.length, 4);
    assert.throws(() => transfer("text" as unknown as object), InvalidArgument);
    assert.throws(() => transfer({ bytes }), /Name what is to be moved/);
    assert.equal(await calling("sum", transfer(bytes, [bytes.buffer])), 0);
    assert.equal(bytes.length, 0);
  });

  it("is refused by a pool that is closed", async () => {
    const closed = new ThreadPool({ threads: 1 });
    await closed[Symbol.asyncDispose]();
    await closed[Symbol.asyncDispose]();
    const late = importThread<Work>(address, { pool: closed });
    await assert.rejects(late.add(1, 2), Disposed);
    await assert.rejects(closed.ready(), Disposed);
  });
});
