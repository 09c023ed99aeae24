/** Loops over the events of emitters and targets. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import fc from "fast-check";
import { InvalidArgument, sleep, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { EventOverflow, events, type Events } from "../../../src/io.ts";
import { virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";

function listenersOf(emitter: EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

/** A target that counts its listeners. */
class CountingTarget extends EventTarget {
  listeners = 0;

  override addEventListener(name: string, listener: (event: Event) => void): void {
    this.listeners++;
    super.addEventListener(name, listener);
  }

  override removeEventListener(name: string, listener: (event: Event) => void): void {
    this.listeners--;
    super.removeEventListener(name, listener);
  }
}

async function rest<T>(loop: Events<readonly T[]>): Promise<T[]> {
  const got: T[] = [];
  for await (const [value] of loop) got.push(value as T);
  return got;
}

describe("events", () => {
  it(
    "hears what is emitted from the call of the first next() on, and nothing before",
    virtual(async () => {
      const emitter = new EventEmitter();
      const loop = events<[number]>(emitter, "n", { endEvents: ["end"] });
      assert.equal(listenersOf(emitter), 0);
      emitter.emit("n", 1);
      const first = loop.next();
      emitter.emit("n", 2);
      emitter.emit("n", 3);
      emitter.emit("end");
      assert.deepEqual(await first, { done: false, value: [2] });
      assert.deepEqual(await rest(loop), [3]);
      assert.equal(listenersOf(emitter), 0);
    }),
  );

  it(
    "gives every event in its order, however they come in bursts",
    virtual(async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 20 }), async (bursts) => {
          const emitter = new EventEmitter();
          let sent = 0;
          const got = await withTaskGroup(async (group) => {
            const loop = events<[number]>(emitter, "n", { endEvents: ["end"] });
            const reading = group.spawn(() => rest(loop));
            for (const burst of bursts) {
              for (let n = 0; n < burst; n++) emitter.emit("n", sent++);
              await sleep(1);
            }
            emitter.emit("end");
            return reading.join();
          });
          assert.deepEqual(got, [...Array(sent).keys()]);
          assert.equal(listenersOf(emitter), 0);
        }),
        { numRuns: 30 },
      );
    }),
  );

  it(
    "takes its listeners off when the loop is left",
    virtual(async () => {
      const emitter = new EventEmitter();
      await withTaskGroup(async (group) => {
        group.spawn(async () => {
          for await (const _ of events(emitter, "n")) break;
        });
        assert.equal(listenersOf(emitter), 2);
        emitter.emit("n");
      });
      assert.equal(listenersOf(emitter), 0);
      assert.equal(emitter.emit("n"), false);
    }),
  );

  it(
    "takes its listeners off when the scope is left, though the loop never was",
    virtual(async () => {
      const emitter = new EventEmitter();
      const loop = events(emitter, "n");
      await withTimeoutOr(1, () => loop.next(), undefined);
      assert.equal(listenersOf(emitter), 0);
      assert.deepEqual(await loop.next(), { done: true, value: undefined });
      await withTaskGroup(async () => {
        const other = events(emitter, "n");
        const first = other.next();
        emitter.emit("n");
        await first;
        assert.equal(listenersOf(emitter), 2);
      });
      assert.equal(listenersOf(emitter), 0);
    }),
  );

  it(
    "takes no event and leaves no listener when it is cancelled at any step",
    everyStep(async (step) => {
      const emitter = new EventEmitter();
      await withTaskGroup(async (group) => {
        const loop = events<[number]>(emitter, "n", { endEvents: ["end"] });
        const first = loop.next();
        emitter.emit("n", 0);
        assert.deepEqual((await first).value, [0]);
        group.spawn(async () => {
          for (let n = 1; n <= 3; n++) {
            await sleep(1);
            emitter.emit("n", n);
          }
          emitter.emit("end");
        });
        const got: number[] = [];
        await step.attempt(async () => {
          for (let n = 0; n < 2; n++) {
            const { value } = await loop.next();
            got.push(value?.[0] ?? -1);
          }
        });
        assert.deepEqual([...got, ...(await rest(loop))], [1, 2, 3]);
      });
      assert.equal(listenersOf(emitter), 0);
    }),
  );

  it(
    "throws an overflow after the events that found room",
    virtual(async () => {
      const emitter = new EventEmitter();
      const loop = events<[number]>(emitter, "n", { capacity: 2 });
      const first = loop.next();
      for (let n = 0; n < 5; n++) emitter.emit("n", n);
      assert.equal(listenersOf(emitter), 0);
      assert.deepEqual((await first).value, [0]);
      assert.deepEqual(loop.stats(), { buffered: 2, dropped: 1, isListening: false });
      assert.deepEqual((await loop.next()).value, [1]);
      assert.deepEqual((await loop.next()).value, [2]);
      await assert.rejects(loop.next(), EventOverflow);
      assert.equal((await loop.next()).done, true);
    }),
  );

  it(
    "drops the oldest or the newest where it is told to, and counts them",
    virtual(async () => {
      for (const [overflow, expected] of [
        ["drop-oldest", [0, 3, 4]],
        ["drop-newest", [0, 1, 2]],
      ] as const) {
        const emitter = new EventEmitter();
        const loop = events<[number]>(emitter, "n", { capacity: 2, overflow, endEvents: ["end"] });
        const first = loop.next();
        for (let n = 0; n < 5; n++) emitter.emit("n", n);
        assert.deepEqual(loop.stats(), { buffered: 2, dropped: 2, isListening: true });
        emitter.emit("end");
        assert.deepEqual([(await first).value?.[0], ...(await rest(loop))], expected);
      }
    }),
  );

  it(
    "throws the error of an error event, after the events before it",
    virtual(async () => {
      const emitter = new EventEmitter();
      const error = new Error("broken");
      const loop = events<[number]>(emitter, "n");
      const first = loop.next();
      emitter.emit("n", 1);
      emitter.emit("n", 2);
      emitter.emit("error", error);
      assert.equal(listenersOf(emitter), 0);
      await first;
      assert.deepEqual((await loop.next()).value, [2]);
      await assert.rejects(loop.next(), error);
      assert.equal((await loop.next()).done, true);

      const waiting = events(emitter, "n").next();
      emitter.emit("error", error);
      await assert.rejects(waiting, error);
    }),
  );

  it(
    "reports an error event that nobody reads any more",
    virtual(async (time) => {
      const emitter = new EventEmitter();
      const error = new Error("broken");
      for await (const _ of once(emitter)) {
        emitter.emit("error", error);
        break;
      }
      assert.deepEqual(time.takeUnhandled(), [error]);
    }),
  );

  it(
    "gives the errors themselves where those are asked for",
    virtual(async () => {
      const emitter = new EventEmitter();
      const error = new Error("an event like others");
      const loop = events<[Error]>(emitter, "error");
      const first = loop.next();
      emitter.emit("error", error);
      assert.deepEqual((await first).value, [error]);
      await loop.return();
      assert.equal(listenersOf(emitter), 0);
    }),
  );

  it(
    "hears an EventTarget: its events, its end, its errors",
    virtual(async () => {
      const target = new CountingTarget();
      const loop = events(target, "message", { endEvents: ["close"] });
      const first = loop.next();
      assert.equal(target.listeners, 3);
      const event = new Event("message");
      target.dispatchEvent(event);
      target.dispatchEvent(new Event("close"));
      assert.equal((await first).value, event);
      assert.equal((await loop.next()).done, true);
      assert.equal(target.listeners, 0);

      const failing = events(target, "message").next();
      const broken = Object.assign(new Event("error"), { error: new Error("broken") });
      target.dispatchEvent(broken);
      await assert.rejects(failing, broken.error);
      assert.equal(target.listeners, 0);
    }),
  );

  it(
    "serves several who wait in their order",
    virtual(async () => {
      const emitter = new EventEmitter();
      const loop = events<[number]>(emitter, "n", { endEvents: ["end"] });
      const reads = [loop.next(), loop.next(), loop.next()];
      emitter.emit("n", 1);
      emitter.emit("n", 2);
      emitter.emit("end");
      const results = await Promise.all(reads);
      assert.deepEqual(
        results.map(({ value }) => value?.[0]),
        [1, 2, undefined],
      );
    }),
  );

  it(
    "leaves nothing behind where listening fails",
    virtual(async () => {
      const emitter = new EventEmitter();
      const error = new Error("no listeners, please");
      emitter.on("newListener", (name) => {
        if (name === "end") throw error;
      });
      await assert.rejects(events(emitter, "n", { endEvents: ["end"] }).next(), error);
      assert.equal(emitter.listenerCount("n"), 0);
    }),
  );

  it("refuses wrong arguments at the call", () => {
    const emitter = new EventEmitter();
    assert.throws(() => events({} as never, "n"), InvalidArgument);
    assert.throws(() => events(emitter, 42 as never), InvalidArgument);
    assert.throws(() => events(emitter, "n", { capacity: 0 }), InvalidArgument);
    assert.throws(() => events(emitter, "n", { overflow: "wait" as never }), InvalidArgument);
    assert.throws(() => events(emitter, "n", { endEvents: [1 as never] }), InvalidArgument);
    assert.throws(() => events(emitter, "n", { endEvents: "end" as never }), InvalidArgument);
  });
});

/** A loop whose first event comes at once. */
function once(emitter: EventEmitter): AsyncIterable<readonly unknown[]> {
  const loop = events(emitter, "n");
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const first = loop.next();
        emitter.emit("n");
        return first;
      },
      return: () => loop.return(),
    }),
  };
}
