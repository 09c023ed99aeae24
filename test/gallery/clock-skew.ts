import assert from "node:assert/strict";
import { sleep, withTaskGroup } from "../../src/index.ts";
import type { SimulatedHost } from "../../src/testing.ts";
import type { Body, Exhibit } from "./exhibit.ts";

const TTL_MS = 100;

class LeaseStore {
  holder: string | null = null;
  until = 0;
}

/** Takes the lease where it is free by the clock of `now`. */
function take(store: LeaseStore, name: string, now: number): boolean {
  if (store.holder !== null && now < store.until) return false;
  store.holder = name;
  store.until = now + TTL_MS;
  return true;
}

function byOwnClock(store: LeaseStore, machine: SimulatedHost): Promise<boolean> {
  return machine.run(() => take(store, machine.name, Date.now()));
}

/** There is one clock that decides: that of the machine on which the lease is kept. */
async function byClockOfStore(store: LeaseStore, machine: SimulatedHost): Promise<boolean> {
  return take(store, machine.name, Date.now());
}

function jobs(taking: typeof byOwnClock): Body {
  return async (t) => {
    const store = new LeaseStore();
    let working = 0;
    t.invariant(() => assert(working <= 1, "two machines hold the lease"));
    const work = async (machine: SimulatedHost): Promise<void> => {
      if (!(await taking(store, machine))) return;
      working++;
      await sleep(TTL_MS / 2);
      working--;
      store.holder = null;
    };
    await withTaskGroup((group) => {
      group.spawn("on a", work, t.host("a"));
      group.spawn("on b", work, t.host("b", { skewMs: 3_600_000 }));
    });
  };
}

export const clockSkew: Exhibit = {
  name: "clock skew in a lease",
  says: "Each machine compares the end of a lease with its own clock, and one whose clock is ahead takes it too early.",
  kind: "broken invariant",
  hidden: false,
  wrong: jobs(byOwnClock),
  corrected: jobs(byClockOfStore),
};
