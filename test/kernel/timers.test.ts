import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Host, HostTimer } from "../../src/kernel/host.ts";
import { Timers, type TimerEntry } from "../../src/kernel/timers.ts";
import { Turn } from "../../src/kernel/turn.ts";

/** A host whose clock and event loop the test moves by hand. */
class HandHost {
  nowMs = 0;
  armed: { callback: () => void; ms: number; keepsAlive: boolean } | null = null;
  turns: Array<() => void> = [];
  arms = 0;

  now(): number {
    return this.nowMs;
  }

  setTimer(callback: () => void, ms: number): HostTimer {
    const timer = { callback, ms, keepsAlive: true };
    this.armed = timer;
    this.arms++;
    return {
      keepAlive(yes) {
        timer.keepsAlive = yes;
      },
      cancel: () => {
        if (this.armed === timer) this.armed = null;
      },
    };
  }

  nextTurn(callback: () => void): void {
    this.turns.push(callback);
  }

  /** Fires the platform timer, `early` ms before its time. */
  fire(early = 0): void {
    const { callback, ms } = this.armed!;
    this.armed = null;
    this.nowMs += ms - early;
    callback();
  }

  turn(): void {
    for (const callback of this.turns.splice(0)) callback();
  }
}

class Entry implements TimerEntry {
  index = -1;
  arrival = 0;
  readonly keepsAlive: boolean;
  readonly fire: () => void;

  constructor(fire: () => void, keepsAlive = true) {
    this.fire = fire;
    this.keepsAlive = keepsAlive;
  }
}

function setUp(): {
  host: HandHost;
  timers: Timers;
  log: string[];
  entry: (name: string, keepsAlive?: boolean) => Entry;
} {
  const host = new HandHost();
  const log: string[] = [];
  const timers = new Timers(host as unknown as Host);
  return { host, timers, log, entry: (name, keepsAlive) => new Entry(() => log.push(name), keepsAlive) };
}

describe("Timers", () => {
  it("arms one platform timer, for the earliest entry", () => {
    const { host, timers, entry } = setUp();
    timers.add(entry("late"), 50);
    timers.add(entry("later"), 90);
    assert.deepEqual([host.armed?.ms, host.arms], [50, 1]);
    timers.add(entry("early"), 10);
    assert.deepEqual([host.armed?.ms, host.arms], [10, 2]);
  });

  it("fires no entry early, even when the platform does", () => {
    const { host, timers, log, entry } = setUp();
    timers.add(entry("a"), 10.7);
    assert.equal(host.armed?.ms, 11);
    host.fire(1);
    assert.deepEqual([log, host.armed?.ms], [[], 1]);
    host.fire();
    assert.deepEqual(log, ["a"]);
  });

  it("fires all that are due, in their order, and arms for the next", () => {
    const { host, timers, log, entry } = setUp();
    for (const [name, at] of [
      ["c", 30],
      ["a", 10],
      ["b", 10],
      ["d", 99],
    ] as const)
      timers.add(entry(name), at);
    host.fire(-25);
    assert.deepEqual([log, timers.size, host.armed?.ms], [["a", "b", "c"], 1, 64]);
  });

  it("never takes a delay that the platform cannot", () => {
    const { host, timers, log, entry } = setUp();
    timers.add(entry("a"), 3 * 2 ** 31);
    for (let i = 0; i < 4 && log.length === 0; i++) {
      assert.ok(host.armed!.ms <= 2 ** 31 - 1);
      host.fire();
    }
    assert.deepEqual([log, host.nowMs], [["a"], 3 * 2 ** 31]);
  });

  it("costs nothing for Infinity", () => {
    const { host, timers, entry } = setUp();
    const never = entry("never");
    timers.add(never, Infinity);
    timers.remove(never);
    assert.deepEqual([timers.size, host.arms], [0, 0]);
  });

  it("keeps the process alive exactly while an entry wants it", () => {
    const { host, timers, entry } = setUp();
    timers.add(entry("quiet", false), 10);
    assert.equal(host.armed?.keepsAlive, false);
    const loud = entry("loud");
    timers.add(loud, 20);
    assert.equal(host.armed?.keepsAlive, true);
    timers.remove(loud);
    assert.equal(host.armed?.keepsAlive, false);
    timers.add(loud, 5);
    assert.equal(host.armed?.keepsAlive, true);
    host.fire();
    assert.equal(host.armed?.keepsAlive, false);
  });

  it("measures how late it was", () => {
    const { host, timers, entry } = setUp();
    timers.add(entry("a"), 10);
    host.fire(-7);
    timers.add(entry("b"), 27);
    host.fire(-2);
    assert.deepEqual([timers.lagMs, timers.maxLagMs], [2, 7]);
  });

  it("serves the rest when an entry throws", () => {
    const { host, timers, log, entry } = setUp();
    timers.add(
      new Entry(() => {
        throw new Error("entry");
      }),
      10,
    );
    timers.add(entry("b"), 10);
    assert.throws(() => host.fire(), /entry/);
    host.fire();
    assert.deepEqual(log, ["b"]);
  });
});

describe("A turn", () => {
  it("puts operations off after 512 of them that are quick", () => {
    const host = new HandHost();
    const turn = new Turn(host as unknown as Host);
    let operations = 0;
    while (!turn.spend()) operations++;
    assert.ok(operations >= 400 && operations <= 560, `${operations}`);
    assert.ok(turn.spend());
    host.turn();
    assert.ok(!turn.spend());
  });

  it("puts operations off after about 10 ms, however long each of them takes", () => {
    for (const ms of [0.1, 1, 2, 5, 20]) {
      const host = new HandHost();
      const turn = new Turn(host as unknown as Host);
      let operations = 0;
      while (!turn.spend() && ++operations < 1_000) host.nowMs += ms;
      assert.ok(host.nowMs <= Math.max(20, 3 * ms), `${host.nowMs} ms with operations of ${ms} ms`);
    }
  });

  it("puts operations off after about 10 ms also when they grow slow late", () => {
    const host = new HandHost();
    const turn = new Turn(host as unknown as Host);
    for (let quick = 0; quick < 140; quick++) turn.spend();
    let operations = 0;
    while (!turn.spend() && ++operations < 1_000) host.nowMs += 1;
    assert.ok(host.nowMs <= 100, `${host.nowMs} ms`);
  });

  it("serves what was deferred in order, in the next turn", () => {
    const host = new HandHost();
    const turn = new Turn(host as unknown as Host);
    const log: string[] = [];
    turn.defer(() => {
      log.push("a");
      turn.defer(() => log.push("c"));
    });
    turn.defer(() => log.push("b"));
    host.turn();
    assert.deepEqual(log, ["a", "b"]);
    host.turn();
    assert.deepEqual(log, ["a", "b", "c"]);
  });

  it("asks for nothing while it is idle", () => {
    const host = new HandHost();
    const turn = new Turn(host as unknown as Host);
    turn.spend();
    host.turn();
    assert.equal(host.turns.length, 0);
  });
});
