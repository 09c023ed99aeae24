/** Timers and waits inside a world. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, it } from "node:test";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { setTimeout as importedDelay } from "node:timers/promises";
import { promisify } from "node:util";
import { captured, inside, isBun, isDeno, realTurn, runtimeGlobal } from "./fake-world.ts";

/** Every place where a timer function can be found. */
const places = [
  ["globals", globalThis],
  ["node:timers", timers],
] as const;

for (const [place, holder] of places) {
  describe(`timers of ${place}`, () => {
    it(
      "setTimeout fires once, at its virtual time, with its arguments and itself as this",
      captured((world) => {
        const heard: unknown[] = [];
        const timer = inside(world, () =>
          holder.setTimeout(
            function (this: unknown, ...args: unknown[]) {
              heard.push(this, ...args);
            },
            20,
            "a",
            "b",
          ),
        );
        world.advance(19);
        assert.deepEqual(heard, []);
        world.advance(1);
        world.advance(100);
        assert.equal(heard.length, 3);
        assert.equal(heard[0], timer);
        assert.deepEqual(heard.slice(1), ["a", "b"]);
      }),
    );

    it(
      "setInterval fires until it is cleared, also by its own callback and also after a throw",
      captured((world) => {
        let count = 0;
        const timer = inside(world, () =>
          holder.setInterval(() => {
            count++;
            if (count === 1) throw new Error("thrown");
            if (count === 3) holder.clearInterval(timer);
          }, 10),
        );
        assert.throws(() => world.advance(10), /thrown/);
        world.advance(100);
        assert.equal(count, 3);
        assert.deepEqual(world.delays, []);
      }),
    );

    it(
      "setImmediate runs in the next virtual turn, with its arguments, unless it is cleared",
      captured((world) => {
        const heard: unknown[] = [];
        const cleared = inside(world, () => {
          holder.setImmediate((value: string) => heard.push(value), "a");
          return holder.setImmediate(() => heard.push("cleared"));
        });
        inside(world, () => holder.clearImmediate(cleared));
        assert.equal(world.pendingTurns, 1);
        world.turn();
        assert.deepEqual(heard, ["a"]);
        holder.clearImmediate(cleared);
      }),
    );

    it(
      "a callback that is no function throws as it does outside",
      captured((world) => {
        for (const set of [holder.setTimeout, holder.setInterval, holder.setImmediate]) {
          assert.throws(() => inside(world, () => set("code" as never)), {
            code: "ERR_INVALID_ARG_TYPE",
          });
        }
      }),
    );

    it(
      "outside, timers are real",
      captured(async (world) => {
        const order = await new Promise<string>((resolve) => {
          const cleared = holder.setTimeout(() => resolve("cleared"), 1);
          holder.clearTimeout(cleared);
          holder.setImmediate(() => holder.setTimeout(resolve, 1, "real"));
        });
        assert.equal(order, "real");
        assert.deepEqual(world.delays, []);
      }),
    );
  });
}

describe("delays", () => {
  it(
    "are whole milliseconds from 1 to 2^31 - 1, and 1 for everything else",
    captured((world) => {
      const delays: unknown[] = [
        0,
        -5,
        Number.NaN,
        "x",
        undefined,
        2 ** 31,
        Infinity,
        1.9,
        "7",
        2 ** 31 - 1,
      ];
      inside(world, () => {
        for (const delay of delays) setTimeout(() => {}, delay as number);
      });
      assert.deepEqual(world.delays, [1, 1, 1, 1, 1, 1, 1, 1, 7, 2 ** 31 - 1]);
    }),
  );
});

describe("a timer", () => {
  it(
    "is cleared by itself, by its number, by that as text, from inside and, itself, from outside",
    captured((world) => {
      inside(world, () => {
        const [a, b, c] = [setTimeout(fail, 5), setTimeout(fail, 5), setTimeout(fail, 5)];
        clearTimeout(a);
        clearTimeout(Number(b));
        clearInterval(String(Number(c)));
        for (const nothing of [undefined, null, 0, "", "x", {}, a, 2 ** 40]) {
          clearTimeout(nothing as never);
          clearImmediate(nothing as never);
        }
      });
      clearTimeout(inside(world, () => setTimeout(fail, 5)));
      clearImmediate(inside(world, () => setImmediate(fail)));
      assert.deepEqual(world.delays, []);
      assert.equal(world.pendingTurns, 0);
      world.advance(100);
    }),
  );

  it(
    "has a number that repeats with the world, and clears nothing of the platform's",
    captured((world) => {
      const numbers = inside(world, () => [setTimeout(() => {}, 1), setTimeout(() => {}, 1)].map(Number));
      assert.equal(numbers[1], numbers[0]! + 1);
      assert.ok(numbers[0]! > 2 ** 32 && (numbers[0]! | 0) < 0);
    }),
  );

  it(
    "gives up its number when it has fired",
    captured((world) => {
      inside(world, () => {
        const timer = setTimeout(() => {}, 1);
        const number = Number(timer);
        world.advance(1);
        timer.refresh();
        assert.deepEqual(world.delays, [1]);
        clearTimeout(number);
        assert.deepEqual(world.delays, []);
      });
    }),
  );

  it(
    "says and changes whether it keeps the process alive",
    captured((world) => {
      inside(world, () => {
        const timer = setTimeout(() => {}, 5);
        assert.equal(timer.hasRef(), true);
        assert.equal(timer.unref(), timer);
        assert.equal(timer.hasRef(), false);
        assert.deepEqual(world.delays, [-5]);
        timer.refresh();
        assert.deepEqual(world.delays, [-5]);
        assert.equal(timer.ref(), timer);
        assert.deepEqual(world.delays, [5]);
        const immediate = setImmediate(() => {});
        assert.equal(immediate.unref(), immediate);
        assert.equal(immediate.hasRef(), false);
        assert.equal(immediate.ref(), immediate);
        assert.equal(immediate.hasRef(), true);
      });
    }),
  );

  it(
    "starts anew by refresh, also when it has fired, in the context in which it was made",
    captured((world) => {
      const request = new AsyncLocalStorage<string>();
      const heard: Array<string | undefined> = [];
      const timer = request.run("first", () =>
        inside(world, () => setTimeout(() => heard.push(request.getStore()), 10)),
      );
      world.advance(9);
      request.run("second", () => assert.equal(timer.refresh(), timer));
      world.advance(9);
      assert.deepEqual(heard, []);
      world.advance(1);
      request.run("third", () => timer.refresh());
      world.advance(10);
      assert.deepEqual(heard, ["first", "first"]);
    }),
  );

  it(
    "does not come back by refresh when it was closed, by close, clear or using",
    captured((world) => {
      inside(world, () => {
        const [a, b] = [setTimeout(fail, 5), setTimeout(fail, 5)];
        assert.equal(a.close(), a);
        clearTimeout(b);
        const disposed = (): NodeJS.Timeout => {
          using timer = setTimeout(fail, 5);
          using _ = setImmediate(fail);
          return timer;
        };
        for (const timer of [a, b, disposed()]) timer.refresh();
      });
      assert.deepEqual(world.delays, []);
      assert.equal(world.pendingTurns, 0);
    }),
  );

  it(
    "made outside is cleared from inside, by itself and by its number",
    captured(async (world) => {
      const real = setTimeout(fail, 1);
      inside(world, () => clearTimeout(real));
      await new Promise((resolve) => setTimeout(resolve, 5));
      const numbered = setTimeout(fail, 1);
      const number = Number(numbered);
      inside(world, () => clearTimeout(number));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }),
  );

  it(
    "is known to Deno.refTimer and Deno.unrefTimer, where there is a Deno",
    captured((world) => {
      const deno = runtimeGlobal("Deno") as Record<string, (timer: unknown) => void> | undefined;
      if (deno === undefined) return;
      inside(world, () => {
        const timer = setTimeout(() => {}, 5);
        deno["unrefTimer"]!(timer);
        assert.deepEqual(world.delays, [-5]);
        deno["refTimer"]!(Number(timer));
        assert.deepEqual(world.delays, [5]);
      });
    }),
  );
});

/** Both places where the promises can be found. */
const promisePlaces = [timersPromises, timers.promises] as const;

describe("node:timers/promises", () => {
  it(
    "setTimeout, setImmediate, scheduler.wait and scheduler.yield settle in virtual time",
    captured(async (world) => {
      for (const promises of promisePlaces) {
        const heard: unknown[] = [];
        const hear = (value: unknown): unknown => heard.push(value);
        inside(world, () => {
          void promises.setTimeout(10, "timeout").then(hear);
          void promises.scheduler.wait(20).then(hear);
          void promises.setImmediate("immediate").then(hear);
          void promises.scheduler.yield().then(hear);
        });
        await realTurn();
        assert.deepEqual(heard, []);
        world.turn();
        await realTurn();
        assert.deepEqual(heard, ["immediate", undefined]);
        world.advance(10);
        await realTurn();
        assert.deepEqual(heard.slice(2), ["timeout"]);
        world.advance(10);
        await realTurn();
        assert.deepEqual(heard.slice(3), [undefined]);
      }
    }),
  );

  it(
    "a signal ends the wait with an AbortError, its reason as the cause, and disarms the timer",
    captured(async (world) => {
      const reason = new Error("reason");
      const aborted = { name: "AbortError", code: "ABORT_ERR", cause: reason };
      const controller = new AbortController();
      const { signal } = controller;
      const start = (): Array<Promise<unknown>> => [
        timersPromises.setTimeout(10, 1, { signal }),
        timersPromises.setImmediate(1, { signal }),
        timersPromises.scheduler.wait(10, { signal }),
      ];
      const waits = inside(world, start);
      controller.abort(reason);
      for (const wait of waits) await assert.rejects(wait, aborted);
      assert.deepEqual(world.delays, []);
      assert.equal(world.pendingTurns, 0);
      for (const wait of inside(world, start)) await assert.rejects(wait, aborted);
      assert.deepEqual(world.delays, []);
    }),
  );

  it(
    "a signal that aborts after the wait changes nothing",
    captured(async (world) => {
      const controller = new AbortController();
      const wait = inside(world, () => timersPromises.setTimeout(1, "v", { signal: controller.signal }));
      world.advance(1);
      controller.abort();
      assert.equal(await wait, "v");
    }),
  );

  it(
    "ref: false keeps no process alive",
    captured((world) => {
      void inside(world, () => timersPromises.setTimeout(10, 1, { ref: false }));
      assert.deepEqual(world.delays, [-10]);
    }),
  );

  it(
    "rejects wrong arguments as it does outside",
    captured(async (world) => {
      const wrong: unknown[][] = [["x"], [1, 1, 5], [1, 1, { signal: 5 }], [1, 1, { ref: 5 }]];
      for (const args of wrong) {
        const wait = inside(world, () => Reflect.apply(timersPromises.setTimeout, undefined, args));
        await assert.rejects(wait as Promise<unknown>, { code: "ERR_INVALID_ARG_TYPE" });
      }
      assert.deepEqual(world.delays, []);
    }),
  );

  it(
    "setInterval counts the ticks that nobody has asked for, and disarms when it is left",
    captured(async (world) => {
      const iterator = inside(world, () =>
        timersPromises.setInterval(10, "tick")[Symbol.asyncIterator](),
      );
      const first = iterator.next();
      await realTurn();
      world.advance(35);
      assert.deepEqual(await first, { done: false, value: "tick" });
      assert.deepEqual(await iterator.next(), { done: false, value: "tick" });
      assert.deepEqual(await iterator.next(), { done: false, value: "tick" });
      const fourth = iterator.next();
      world.advance(5);
      assert.deepEqual(await fourth, { done: false, value: "tick" });
      await iterator.return?.();
      assert.deepEqual(world.delays, []);
    }),
  );

  it(
    "setInterval throws an AbortError by its signal, between ticks and before the first",
    captured(async (world) => {
      const controller = new AbortController();
      const start = (): AsyncIterator<unknown> =>
        inside(world, () =>
          timersPromises.setInterval(10, 1, { signal: controller.signal })[Symbol.asyncIterator](),
        );
      const next = start().next();
      await realTurn();
      controller.abort("reason");
      await assert.rejects(next, { name: "AbortError", cause: "reason" });
      await assert.rejects(start().next(), { name: "AbortError", cause: "reason" });
      assert.deepEqual(world.delays, []);
    }),
  );

  it(
    "what util.promisify makes of timers waits in virtual time",
    captured(async (world) => {
      const [timeout, immediate] = inside(world, () => [
        promisify(setTimeout)(10, "a"),
        promisify(setImmediate)("b"),
      ]);
      assert.deepEqual(world.delays, [10]);
      assert.equal(world.pendingTurns, 1);
      world.advance(10);
      world.turn();
      assert.deepEqual(await Promise.all([timeout, immediate]), ["a", "b"]);
    }),
  );

  it("a named import is captured on Node; on Bun and Deno it is the original", async () => {
    const original = importedDelay;
    await captured(async (world) => {
      const wait = inside(world, () => importedDelay(1, "v"));
      const isVirtual = world.delays.length === 1;
      assert.equal(isVirtual, !isBun && !isDeno);
      world.advance(1);
      assert.equal(await wait, "v");
    })();
    assert.equal(importedDelay, original);
    assert.equal(timersPromises.setTimeout, original);
  });

  it(
    "outside waits in real time",
    captured(async (world) => {
      assert.equal(await timersPromises.setTimeout(1, "real"), "real");
      assert.equal(await timersPromises.setImmediate("real"), "real");
      for await (const tick of timersPromises.setInterval(1, "real")) {
        assert.equal(tick, "real");
        break;
      }
      assert.deepEqual(world.delays, []);
    }),
  );
});

describe("AbortSignal.timeout", () => {
  it(
    "aborts a real signal with a TimeoutError at its virtual time, and keeps no process alive",
    captured((world) => {
      const signal = inside(world, () => AbortSignal.timeout(10));
      assert.ok(signal instanceof AbortSignal);
      assert.deepEqual(world.delays, [-10]);
      world.advance(9);
      assert.equal(signal.aborted, false);
      world.advance(1);
      assert.equal(signal.aborted, true);
      const reason: unknown = signal.reason;
      assert.ok(reason instanceof DOMException && reason.name === "TimeoutError");
    }),
  );

  it(
    "refuses what the platform refuses",
    captured((world) => {
      for (const wrong of [-1, Number.NaN, Infinity, 2 ** 53])
        assert.throws(() => inside(world, () => AbortSignal.timeout(wrong)));
    }),
  );

  it(
    "is real outside",
    captured(async (world) => {
      const signal = AbortSignal.timeout(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(signal.aborted, true);
      assert.deepEqual(world.delays, []);
    }),
  );
});

describe("Bun.sleep", () => {
  it(
    "waits in virtual time, for milliseconds and until a date, where there is a Bun",
    captured(async (world) => {
      const bun = runtimeGlobal("Bun") as { sleep(until: number | Date): Promise<void> } | undefined;
      if (bun === undefined) return;
      const waits = inside(world, () => [bun.sleep(10), bun.sleep(new Date(Date.now() + 30))]);
      assert.deepEqual(world.delays, [10, 29]);
      world.advance(30);
      await Promise.all(waits);
    }),
  );
});

function fail(): never {
  throw new Error("a cleared timer has fired");
}
