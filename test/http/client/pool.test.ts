import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Pool } from "../../../src/http/client/pool.ts";
import type { Dial, Slot } from "../../../src/http/client/pool-parts.ts";
import type { PoolAction } from "../../../src/http/client/pool-state.ts";

type W = { readonly id: number; readonly key: string; readonly isFresh: boolean };
type C = { readonly id: number };
type Action = PoolAction<W, C>;

/** A pool, and a world that takes its orders: what is lent, kept, on its way, and who waits, counted a second way. */
class World {
  readonly pool: Pool<W, C>;
  readonly max: number;
  readonly perOrigin: number;
  readonly lent: Array<{ slot: Slot<W, C>; waiter: W }> = [];
  readonly idle: Array<{ slot: Slot<W, C>; expiresAt: number }> = [];
  readonly dials: Array<Dial<W, C>> = [];
  readonly waiting: W[] = [];
  readonly served: W[] = [];
  readonly failed: W[] = [];
  readonly closed: C[] = [];
  now = 0;
  #ids = 0;

  constructor(max: number = Infinity, perOrigin: number = Infinity) {
    this.max = max;
    this.perOrigin = perOrigin;
    this.pool = new Pool({ maxConnections: max, maxPerOrigin: perOrigin });
  }

  want(key: string, isFresh = false): W {
    const waiter = { id: this.#ids++, key, isFresh };
    this.waiting.push(waiter);
    this.act(this.pool.wanted(waiter, key, isFresh, this.now));
    return waiter;
  }

  giveUp(waiter: W): void {
    take(this.waiting, waiter);
    this.act(this.pool.givenUp(waiter));
  }

  dialed(dial: Dial<W, C> = this.dials[0]!, keepMs = 10): void {
    take(this.dials, dial);
    this.act(this.pool.dialed(dial, { id: this.#ids++ }, this.now + keepMs), keepMs);
  }

  dialFailed(dial: Dial<W, C> = this.dials[0]!): void {
    take(this.dials, dial);
    this.act(this.pool.dialFailed(dial, new Error("refused")));
  }

  release(lent: { slot: Slot<W, C> } = this.lent[0]!, keepMs = 10): void {
    this.lent.splice(this.lent.indexOf(lent as never), 1);
    this.act(this.pool.released(lent.slot, this.now + keepMs), keepMs);
  }

  lose(slot: Slot<W, C>): void {
    remove(this.lent, (each) => each.slot === slot);
    remove(this.idle, (each) => each.slot === slot);
    this.act(this.pool.gone(slot));
  }

  pass(ms: number): void {
    this.now += ms;
    this.act(this.pool.expire(this.now));
  }

  act(actions: readonly Action[], keepMs = 10): void {
    for (const action of actions) this.#act(action, keepMs);
    this.check();
  }

  #act(action: Action, keepMs: number): void {
    switch (action.kind) {
      case "lend":
        this.#lend(action);
        break;
      case "keep":
        isOld.add(action.slot.connection);
        this.idle.push({ slot: action.slot, expiresAt: this.now + keepMs });
        break;
      case "dial":
        assert.ok(this.waiting.includes(action.waiter), "a dial for somebody who waits");
        this.dials.push(action.dial);
        break;
      case "queue":
        assert.ok(this.waiting.includes(action.waiter), "a place in line for somebody who waits");
        break;
      case "callOff":
        take(this.dials, action.dial);
        break;
      case "close":
        this.closed.push(action.connection);
        remove(this.idle, (each) => each.slot.connection === action.connection);
        break;
      case "fail":
        take(this.waiting, action.waiter);
        this.failed.push(action.waiter);
        break;
    }
  }

  #lend({ waiter, slot }: Extract<Action, { kind: "lend" }>): void {
    const wasIdle = remove(this.idle, (each) => each.slot === slot);
    assert.ok(wasIdle === null || wasIdle.expiresAt > this.now, "an expired connection is not lent");
    assert.equal(slot.origin.key, waiter.key, "a connection serves its own origin");
    const line = this.waiting.filter((each) => each.key === waiter.key);
    const before = line.filter((each) => isBefore(each, waiter));
    assert.ok(
      before.every((each) => each.isFresh && !waiter.isFresh && isOld.has(slot.connection)),
      "nobody is overtaken by one of the same origin, but where the connection is not fresh",
    );
    isOld.add(slot.connection);
    take(this.waiting, waiter);
    this.lent.push({ slot, waiter });
    this.served.push(waiter);
  }

  /** What holds between any two steps. */
  check(): void {
    const open = this.lent.length + this.idle.length + this.dials.length;
    assert.ok(open <= this.max, `${open} of ${this.max} connections`);
    const stats = this.pool.stats();
    assert.deepEqual(
      [stats.open, stats.idle, stats.connecting, stats.waiting],
      [open, this.idle.length, this.dials.length, this.waiting.length],
    );
    const keys = new Set([...this.lent, ...this.idle].map(({ slot }) => slot.origin.key));
    for (const dial of this.dials) keys.add(dial.origin.key);
    for (const waiter of this.waiting) keys.add(waiter.key);
    assert.equal(stats.origins, keys.size, "an origin is known while something of it is left");
    for (const key of keys) this.#checkOrigin(key, open);
  }

  #checkOrigin(key: string, open: number): void {
    const of = ({ slot }: { slot: Slot<W, C> }): boolean => slot.origin.key === key;
    const dials = this.dials.filter((dial) => dial.origin.key === key);
    const count = this.lent.filter(of).length + this.idle.filter(of).length + dials.length;
    assert.ok(count <= this.perOrigin, `${count} of ${this.perOrigin} connections to ${key}`);
    const waiting = this.waiting.filter((waiter) => waiter.key === key);
    if (waiting.length === 0) return;
    assert.ok(
      waiting.every((waiter) => waiter.isFresh) || !this.idle.some(of),
      "nobody waits beside an idle connection",
    );
    const withoutDial = waiting.length - dials.length;
    if (withoutDial <= 0) return;
    const isFull = open === this.max && this.idle.length === 0;
    assert.ok(
      isFull || count === this.perOrigin,
      `${withoutDial} wait for ${key}, and nothing hinders them`,
    );
  }
}

/** Connections that have served somebody, or were kept. */
const isOld = new WeakSet<C>();

/** Whoever wants a fresh connection was served before, by a dead one: he keeps his place, before all who came since. */
function isBefore(one: W, other: W): boolean {
  return one.isFresh === other.isFresh ? one.id < other.id : one.isFresh;
}

function take<T>(list: T[], member: T): void {
  const at = list.indexOf(member);
  assert.ok(at >= 0, "it is there");
  list.splice(at, 1);
}

function remove<T>(list: T[], matches: (member: T) => boolean): T | null {
  const at = list.findIndex(matches);
  return at < 0 ? null : (list.splice(at, 1)[0] as T);
}

describe("Pool", () => {
  it("lends the idle connection that was used last", () => {
    const world = new World();
    world.want("a");
    world.want("a");
    world.dialed();
    world.dialed();
    const [first, second] = world.lent.map(({ slot }) => slot);
    world.release();
    world.release();
    world.want("a");
    assert.equal(world.lent[0]?.slot, second);
    world.want("a");
    assert.equal(world.lent[1]?.slot, first);
  });

  it("gives a connection that was given back to the one who waits for his own to be made, which the next one gets", () => {
    const world = new World();
    const one = world.want("a");
    world.dialed();
    const two = world.want("a");
    world.release();
    assert.deepEqual(world.served, [one, two]);
    const three = world.want("a");
    assert.equal(world.dials.length, 1, "the dial that was begun for the second serves the third");
    world.dialed();
    assert.deepEqual(world.served, [one, two, three]);
  });

  it("does not waste the dial of one who has gone", () => {
    const world = new World();
    const one = world.want("a");
    world.giveUp(one);
    assert.equal(world.dials.length, 1);
    world.dialed();
    assert.equal(world.idle.length, 1);
    world.want("a");
    assert.equal(world.lent.length, 1);
    assert.equal(world.dials.length, 0);
  });

  it("calls a dial off that nobody wants when somebody else needs its place", () => {
    const world = new World(1);
    world.giveUp(world.want("a"));
    world.want("b");
    assert.deepEqual(
      world.dials.map(({ origin }) => origin.key),
      ["b"],
    );
  });

  it("closes the oldest idle connection to make room for another origin", () => {
    const world = new World(2);
    for (const key of ["a", "b"]) {
      world.want(key);
      world.dialed();
    }
    const [a] = world.lent.map(({ slot }) => slot.connection);
    world.release();
    world.release();
    world.want("c");
    assert.deepEqual(world.closed, [a]);
    assert.equal(world.dials.length, 1);
  });

  it("does not hold up other origins when one is at its limit", () => {
    const world = new World(Infinity, 1);
    world.want("a");
    world.want("a");
    world.want("b");
    assert.deepEqual(
      world.dials.map(({ origin }) => origin.key),
      ["a", "b"],
    );
  });

  it("fails the one for whom a dial was begun, and dials anew for one who came upon it", () => {
    const world = new World();
    const one = world.want("a");
    world.dialFailed();
    assert.deepEqual(world.failed, [one]);
    const two = world.want("a");
    world.giveUp(two);
    const three = world.want("a");
    world.dialFailed();
    assert.deepEqual(world.failed, [one], "the third has not had an attempt of its own");
    assert.equal(world.dials.length, 1);
    world.dialFailed();
    assert.deepEqual(world.failed, [one, three]);
  });

  it("keeps a connection until the instant it was given, and not longer", () => {
    const world = new World();
    world.want("a");
    world.dialed();
    world.release(world.lent[0], 10);
    assert.equal(world.pool.sweepAt, 10);
    world.pass(9);
    assert.equal(world.closed.length, 0);
    assert.equal(world.pool.sweepAt, 10);
    world.pass(1);
    assert.equal(world.closed.length, 1);
    assert.equal(world.pool.sweepAt, Infinity);
  });

  it("does not lend a connection that is too old, though nobody has looked", () => {
    const world = new World();
    world.want("a");
    world.dialed();
    world.release(world.lent[0], 10);
    world.now = 10;
    world.want("a");
    assert.equal(world.lent.length, 0);
    assert.equal(world.dials.length, 1);
  });

  it("gives one who wants a fresh connection no other", () => {
    const world = new World(1);
    world.want("a");
    world.dialed();
    world.release();
    const fresh = world.want("a", true);
    assert.equal(world.closed.length, 1);
    world.dialed();
    assert.deepEqual(world.served.at(-1), fresh);
  });

  it("gives one who wants a fresh connection the place of one that is given back, where there is no other", () => {
    const world = new World(Infinity, 1);
    world.want("a");
    world.dialed();
    world.want("a", true);
    world.release();
    assert.equal(world.lent.length, 0);
    assert.equal(world.dials.length, 1);
  });

  it("serves one who wants a fresh connection before all who wait, by what was dialled for them", () => {
    const world = new World(2);
    const [one, two] = [world.want("a"), world.want("a")];
    const three = world.want("a");
    const fresh = [world.want("a", true), world.want("a", true)];
    assert.equal(world.dials.length, 2);
    world.dialed();
    world.dialed();
    assert.deepEqual(world.served, fresh);
    world.release();
    world.release();
    world.release();
    assert.deepEqual(world.served.slice(2), [one, two, three]);
  });

  it("gives one who wants a fresh connection the next place, also where it was another origin's", () => {
    const world = new World(1);
    world.want("a");
    world.dialed();
    world.want("a");
    world.want("b");
    const fresh = world.want("c", true);
    world.release();
    world.dialed();
    assert.deepEqual(world.served.at(-1), fresh);
  });

  it("fails the one for whom no connection came, whoever stood behind him", () => {
    const world = new World(1);
    const one = world.want("a");
    const fresh = world.want("a", true);
    world.dialFailed();
    assert.deepEqual(world.failed, [], "the dial was begun for another one");
    world.dialFailed();
    assert.deepEqual(world.failed, [fresh]);
    world.dialed();
    assert.deepEqual(world.served, [one]);
  });

  it("lets a busy origin overtake another one by no more places than there are connections", () => {
    const world = new World(2);
    world.want("a");
    world.want("a");
    world.dialed();
    world.dialed();
    const other = world.want("b");
    for (let more = 0; more < 20; more++) world.want("a");
    let releases = 0;
    while (!world.dials.some(({ origin }) => origin.key === "b")) {
      world.release();
      releases++;
    }
    assert.equal(releases, 3);
    world.dialed();
    assert.ok(world.served.includes(other));
  });

  it("fails all who wait when it is closed, and what is lent ends as it may", () => {
    const world = new World(2);
    world.want("a");
    world.dialed();
    world.want("b");
    world.want("c");
    const actions = world.pool.closeAll(() => new Error("closed"));
    assert.deepEqual(actions.map(({ kind }) => kind).sort(), ["callOff", "fail", "fail"]);
    assert.deepEqual(world.pool.gone(world.lent[0]!.slot), []);
    assert.deepEqual(world.pool.stats(), { open: 0, idle: 0, connecting: 0, waiting: 0, origins: 0 });
  });

  it("keeps its limits, loses nobody, and lets nobody wait for ever, whatever happens in whatever order", () => {
    const event = fc.tuple(fc.nat(9), fc.nat(99), fc.nat(2));
    const limit = fc.constantFrom(1, 2, 3, 5, Infinity);
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), limit, limit, (events, max, perOrigin) => {
        const world = new World(max, perOrigin);
        for (const [kind, which, origin] of events) play(world, kind, which, "abc".charAt(origin));
        finish(world);
      }),
      { numRuns: 300 },
    );
  });
});

function pick<T>(list: readonly T[], which: number): T | undefined {
  return list.length === 0 ? undefined : list[which % list.length];
}

function play(world: World, kind: number, which: number, key: string): void {
  const waiter = pick(world.waiting, which);
  const dial = pick(world.dials, which);
  const lent = pick(world.lent, which);
  const idle = pick(world.idle, which);
  const keepMs = 1 + (which % 20);
  const want = (): unknown => world.want(key, which % 7 === 0);
  const steps: ReadonlyArray<() => unknown> = [
    want,
    want,
    want,
    () => world.pass(which % 12),
    () => waiter && world.giveUp(waiter),
    () => dial && world.dialed(dial, keepMs),
    () => dial && world.dialFailed(dial),
    () => lent && world.release(lent, keepMs),
    () => lent && world.lose(lent.slot),
    () => idle && world.lose(idle.slot),
  ];
  steps[kind]?.();
}

/** From here on all goes well: then everybody is served, in a number of steps that has a bound. */
function finish(world: World): void {
  for (let steps = 0; world.waiting.length > 0; steps++) {
    assert.ok(steps < 2_000, "somebody waits for ever");
    if (world.dials.length > 0) world.dialed();
    else world.release();
  }
  while (world.dials.length > 0) world.dialed();
  while (world.lent.length > 0) world.release();
  world.pass(1_000);
  assert.deepEqual(world.pool.stats(), { open: 0, idle: 0, connecting: 0, waiting: 0, origins: 0 });
}
