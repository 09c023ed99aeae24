/** Clocks and chance inside a world, and what a restored platform is like. */
import assert from "node:assert/strict";
import nodeCrypto from "node:crypto";
import { describe, it } from "node:test";
import { performance as hookedPerformance } from "node:perf_hooks";
import process from "node:process";
import { promisify } from "node:util";
import {
  captured,
  FakeWorld,
  inside,
  isBun,
  isDeno,
  realTurn,
  runtimeGlobal,
  WALL_START_MS,
  worlds,
} from "./fake-world.ts";
import { processPlatform } from "../../src/host/simulation-platform.ts";

const WALL_MS = Math.floor(WALL_START_MS);

describe("Date", () => {
  it(
    "reads the world's wall clock inside, in every form that reads a clock",
    captured((world) => {
      const [made, text, now] = inside(world, () => [new Date(), Date(), Date.now()]);
      assert.equal(made?.valueOf(), WALL_MS);
      assert.equal(text, new Date(WALL_MS).toString());
      assert.equal(now, WALL_MS);
    }),
  );

  it(
    "reads the real wall clock outside",
    captured(() => {
      assert.notEqual(Date.now(), WALL_MS);
      assert.ok(Math.abs(new Date().getTime() - Date.now()) < 10_000);
      assert.equal(new Date(Date()).getFullYear(), new Date().getFullYear());
    }),
  );

  it(
    "makes inside what its arguments say",
    captured((world) => {
      inside(world, () => {
        assert.equal(new Date(5).getTime(), 5);
        assert.equal(new Date(2020, 1, 3).getMonth(), 1);
        assert.equal(new Date(undefined as unknown as number).getTime(), Number.NaN);
        assert.equal(new Date("2020-02-03T00:00:00Z").toISOString(), "2020-02-03T00:00:00.000Z");
      });
    }),
  );

  it(
    "keeps its shape: instanceof, prototype, constructor, name, length, statics",
    captured((world) => {
      inside(world, () => {
        const date = new Date();
        assert.ok(date instanceof Date);
        assert.equal(date.constructor, Date);
        assert.equal(Date.prototype.constructor, Date);
        assert.equal(Object.getPrototypeOf(date), Date.prototype);
        assert.equal(Date.name, "Date");
        assert.equal(Date.length, 7);
        assert.equal(Date.UTC(1970, 0), 0);
        assert.equal(Date.parse("1970-01-01T00:00:00Z"), 0);
        assert.equal(Object.prototype.toString.call(date), "[object Date]");
      });
    }),
  );

  it(
    "can be subclassed, before and in a capture",
    captured((world) => {
      class Later extends Date {
        readonly extra = 1;
      }
      const made = inside(world, () => new Later());
      assert.equal(made.getTime(), WALL_MS);
      assert.ok(made instanceof Later && made instanceof Date);
      assert.equal(made.extra, 1);
      assert.equal(inside(world, () => new Later(7)).getTime(), 7);
    }),
  );
});

describe("clocks", () => {
  it(
    "performance gives virtual time inside",
    captured((world) => {
      inside(world, () => {
        assert.equal(performance.now(), 1_234.5);
        assert.equal(hookedPerformance.now(), 1_234.5);
        assert.equal(performance.timeOrigin, WALL_START_MS - 1_234.5);
      });
      assert.notEqual(performance.now(), 1_234.5);
      assert.notEqual(performance.timeOrigin, WALL_START_MS - 1_234.5);
    }),
  );

  it(
    "process gives virtual time inside, with differences that borrow",
    captured((world) => {
      inside(world, () => {
        assert.deepEqual(process.hrtime(), [1, 234_500_000]);
        assert.equal(process.hrtime.bigint(), 1_234_500_000n);
        assert.equal(process.uptime(), 1.2345);
        world.nowMs = 3_100;
        assert.deepEqual(process.hrtime([1, 234_500_000]), [1, 865_500_000]);
        assert.throws(() => process.hrtime(5 as unknown as [number, number]));
      });
      assert.notEqual(process.hrtime.bigint(), 3_100_000_000n);
      assert.notEqual(process.uptime(), 3.1);
    }),
  );

  it(
    "Temporal.Now gives virtual time inside, to the nanosecond, where there is a Temporal",
    captured((world) => {
      const temporal = runtimeGlobal("Temporal");
      if (temporal === undefined) return;
      const now = Reflect.get(temporal, "Now") as Record<
        string,
        (zone?: string) => { toString(): string }
      >;
      const read = (name: string, zone?: string): string =>
        inside(world, () => now[name]!(zone).toString());
      assert.equal(read("instant"), "2026-01-02T03:04:05.67825Z");
      assert.equal(read("plainDateTimeISO", "UTC"), "2026-01-02T03:04:05.67825");
      assert.equal(read("plainDateISO", "Asia/Tokyo"), "2026-01-02");
      assert.equal(read("plainTimeISO", "Asia/Tokyo"), "12:04:05.67825");
      assert.match(read("zonedDateTimeISO", "Asia/Tokyo"), /^2026-01-02T12:04:05.67825\+09:00/);
      assert.match(read("zonedDateTimeISO"), /^2026-01-0/);
      assert.notEqual(now["instant"]!().toString(), "2026-01-02T03:04:05.67825Z");
    }),
  );

  it(
    "Intl.DateTimeFormat takes the world's now for no date, and remains one function for each formatter",
    captured((world) => {
      const formatter = new Intl.DateTimeFormat("en", { year: "numeric", timeZone: "UTC" });
      const { format } = formatter;
      inside(world, () => {
        world.nowMs += 366 * 86_400_000;
        assert.equal(formatter.format(), "2027");
        assert.equal(formatter.format(0), "1970");
        assert.equal(formatter.formatToParts()[0]?.value, "2027");
        assert.equal(formatter.formatToParts(0)[0]?.value, "1970");
        assert.equal(formatter.format, formatter.format);
        assert.deepEqual([0].map(formatter.format), ["1970"]);
      });
      assert.equal(formatter.format(), String(new Date().getUTCFullYear()));
      assert.equal(formatter.format, format);
    }),
  );

  it(
    "Bun.nanoseconds gives virtual time inside, where there is a Bun",
    captured((world) => {
      const bun = runtimeGlobal("Bun") as { nanoseconds(): number } | undefined;
      if (bun !== undefined)
        assert.equal(
          inside(world, () => bun.nanoseconds()),
          1_234_500_000,
        );
    }),
  );
});

describe("chance", () => {
  /** Two worlds with the same stream answer alike, and differently from the platform. */
  function sameInside<T>(draw: () => T): T {
    const first = inside(new FakeWorld(), draw);
    assert.deepEqual(inside(new FakeWorld(), draw), first);
    assert.notDeepEqual(draw(), first);
    return first;
  }

  const v4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

  it(
    "Math.random is the world's stream",
    captured(() => {
      const value = sameInside(() => Math.random());
      assert.equal(value, new FakeWorld().userRandom());
    }),
  );

  it(
    "a UUID comes from the stream and has the bits of its version, and every way to one draws alike",
    captured(() => {
      const first = sameInside(() => crypto.randomUUID());
      assert.match(first, v4);
      assert.equal(
        sameInside(() => nodeCrypto.randomUUID()),
        first,
      );
      assert.equal(
        sameInside(() => nodeCrypto.webcrypto.randomUUID()),
        first,
      );
      assert.equal(
        sameInside(() => nodeCrypto.randomUUID({ disableEntropyCache: true })),
        first,
      );
      inside(new FakeWorld(), () => {
        if (!isDeno) assert.throws(() => nodeCrypto.randomUUID(5 as never), TypeError);
      });
    }),
  );

  it(
    "a UUID of version 7 begins with the world's wall clock, where the runtime makes such",
    captured(() => {
      const own = Reflect.get(nodeCrypto, "randomUUIDv7") as (() => string) | undefined;
      const bun = runtimeGlobal("Bun") as
        | { randomUUIDv7(encoding?: string, time?: number): string | Buffer }
        | undefined;
      if (own === undefined) return;
      const head = Buffer.from(WALL_MS.toString(16).padStart(12, "0"), "hex");
      const first = sameInside(() => own());
      assert.equal(first.slice(0, 13).replace("-", ""), head.toString("hex"));
      assert.equal(first[14], "7");
      if (bun === undefined) return;
      assert.equal(
        sameInside(() => bun.randomUUIDv7()),
        first,
      );
      const bytes = sameInside(() => bun.randomUUIDv7("buffer")) as Buffer;
      assert.equal(bytes.toString("hex"), first.replaceAll("-", ""));
      assert.equal(
        sameInside(() => bun.randomUUIDv7("base64")),
        bytes.toString("base64"),
      );
      assert.match(String(sameInside(() => bun.randomUUIDv7("hex", 0))), /^00000000-0000-7/);
    }),
  );

  it(
    "getRandomValues fills the array it was given, and refuses what the platform refuses",
    captured(() => {
      const bytes = [...sameInside(() => crypto.getRandomValues(new Uint8Array(7)))];
      assert.deepEqual([...sameInside(() => nodeCrypto.getRandomValues(new Uint8Array(7)))], bytes);
      assert.deepEqual(
        [...sameInside(() => nodeCrypto.webcrypto.getRandomValues(new Uint8Array(7)))],
        bytes,
      );
      const whole = new Uint8Array(8);
      inside(new FakeWorld(), () => {
        const part = whole.subarray(2, 6);
        assert.equal(crypto.getRandomValues(part), part);
        assert.deepEqual([...whole], [0, 0, ...bytes.slice(0, 4), 0, 0]);
        assert.throws(() => crypto.getRandomValues(new Float32Array(1) as never));
        if (!isBun) assert.throws(() => crypto.getRandomValues(new Uint8Array(65_537)));
      });
    }),
  );

  it(
    "randomBytes and randomFill write the stream, over the range they were given",
    captured(() => {
      const bytes = [...sameInside(() => nodeCrypto.randomBytes(6))];
      assert.deepEqual([...sameInside(() => nodeCrypto.randomFillSync(new Uint8Array(6)))], bytes);
      assert.deepEqual(
        [...new Uint8Array(sameInside(() => nodeCrypto.randomFillSync(new ArrayBuffer(6))))],
        bytes,
      );
      inside(new FakeWorld(), () => {
        const words = nodeCrypto.randomFillSync(new Uint16Array(4), 1, 2);
        assert.deepEqual([...new Uint8Array(words.buffer)], [0, 0, ...bytes.slice(0, 4), 0, 0]);
        assert.throws(() => nodeCrypto.randomFillSync(new Uint8Array(4), 5), RangeError);
        assert.throws(() => nodeCrypto.randomBytes(-1), RangeError);
      });
    }),
  );

  it(
    "randomInt stays in its range and reaches all of it",
    captured((world) => {
      inside(world, () => {
        const seen = new Set(Array.from({ length: 200 }, () => nodeCrypto.randomInt(3, 7)));
        assert.deepEqual(seen, new Set([3, 4, 5, 6]));
        assert.equal(nodeCrypto.randomInt(1), 0);
        assert.equal(nodeCrypto.randomInt(-1, 0), -1);
        const wide = nodeCrypto.randomInt(2 ** 48 - 1);
        assert.ok(wide >= 0 && wide < 2 ** 48 - 1);
        assert.throws(() => nodeCrypto.randomInt(5, 1), RangeError);
      });
      sameInside(() => nodeCrypto.randomInt(2 ** 40));
    }),
  );

  it(
    "the forms with a callback draw at once and call back in the next turn",
    captured((world) => {
      const heard: unknown[] = [];
      inside(world, () => {
        nodeCrypto.randomBytes(4, (error, bytes) => heard.push(error, bytes.length));
        nodeCrypto.randomInt(5, 6, (error, value) => heard.push(error ?? null, value));
        nodeCrypto.randomFill(new Uint8Array(2), (error, bytes) => heard.push(error, bytes.length));
        nodeCrypto.randomFill(new Uint8Array(2), 1, (error, bytes) => heard.push(error, bytes[0]));
        assert.throws(() => nodeCrypto.randomBytes(4, 5 as never), TypeError);
        assert.throws(() => nodeCrypto.randomFill(new Uint8Array(2), 9, () => {}), RangeError);
      });
      assert.deepEqual(heard, []);
      assert.equal(world.draws, 1 + 2 + 1 + 1);
      world.turn();
      assert.deepEqual(heard, [null, 4, null, 5, null, 2, null, 0]);
    }),
  );

  it(
    "promisify works on the forms with a callback",
    captured(async (world) => {
      const bytes = inside(world, () => promisify(nodeCrypto.randomBytes)(3));
      world.turn();
      assert.equal((await bytes).length, 3);
    }),
  );

  it(
    "outside draws nothing from a world",
    captured((world) => {
      Math.random();
      crypto.randomUUID();
      nodeCrypto.randomBytes(2);
      nodeCrypto.randomInt(5);
      assert.equal(world.draws, 0);
    }),
  );
});

describe("repeat", () => {
  it("makes each call after every microtask and nextTick, also while the platform is captured", async () => {
    const restore = processPlatform.capture(worlds);
    try {
      const order: string[] = [];
      const calls = (resolve: () => void): void => {
        let count = 0;
        processPlatform.repeat(() => {
          order.push(`call ${count}`);
          if (++count === 20) resolve();
          queueMicrotask(() => process.nextTick(() => queueMicrotask(() => order.push("late"))));
          return count < 20;
        });
      };
      await inside(new FakeWorld(), () => new Promise<void>(calls));
      const expected = Array.from({ length: 20 }, (_, at) => [`call ${at}`, "late"]).flat();
      assert.deepEqual(order.slice(0, 39), expected.slice(0, 39));
    } finally {
      restore();
    }
  });

  it("lets the event loop turn meanwhile, and makes no call after the step has said that it is over", async () => {
    let calls = 0;
    let timers = 0;
    const ticking = setInterval(() => timers++, 1);
    await new Promise<void>((resolve) => {
      processPlatform.repeat(() => {
        calls++;
        if (timers < 2) return true;
        resolve();
        return false;
      });
    });
    clearInterval(ticking);
    const then = calls;
    await realTurn();
    assert.equal(calls, then);
  });
});
