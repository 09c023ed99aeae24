import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  interleaved,
  newRace,
  raceStep,
  type RaceAction,
  type RaceEvent,
  type RaceState,
} from "../../../src/io/net/happy-eyeballs.ts";
import type { ResolvedAddress } from "../../../src/io/net/network.ts";

const four = (n: number): ResolvedAddress => ({ address: `10.0.0.${n}`, family: 4 });
const six = (n: number): ResolvedAddress => ({ address: `fd00::${n}`, family: 6 });
const three = [four(1), four(2), four(3)];

/** Plays events against a race, and shows the actions as words. */
class Play {
  readonly state: RaceState;
  now = 0;

  constructor(addresses: readonly ResolvedAddress[] = three, delayMs: number = 250) {
    this.state = newRace(addresses, delayMs);
  }

  send(event: RaceEvent): string[] {
    return raceStep(this.state, event, this.now).map(wordOf);
  }

  start(): string[] {
    return this.send({ kind: "started" });
  }

  wake(at: number): string[] {
    this.now = at;
    return this.send({ kind: "woken" });
  }

  connect(attempt: number): string[] {
    return this.send({ kind: "connected", attempt });
  }

  fail(attempt: number, error: unknown = `error ${attempt}`): string[] {
    return this.send({ kind: "failed", attempt, error });
  }
}

function wordOf(action: RaceAction): string {
  switch (action.kind) {
    case "wakeAt":
      return `wake at ${action.at}`;
    case "lost":
      return `lost: ${action.errors.join(", ")}`;
    case "attempt":
    case "close":
    case "won":
      return `${action.kind} ${action.attempt}`;
  }
}

describe("A race for addresses", () => {
  it("is won by the only attempt, and nothing else is done", () => {
    const play = new Play([four(1)]);
    assert.deepEqual(play.start(), ["attempt 0"]);
    assert.deepEqual(play.connect(0), ["won 0"]);
  });

  it("is won by the first when it connects before the delay", () => {
    const play = new Play();
    assert.deepEqual(play.start(), ["attempt 0", "wake at 250"]);
    play.now = 100;
    assert.deepEqual(play.connect(0), ["won 0"]);
    assert.deepEqual(play.wake(250), []);
  });

  it("starts the next attempt at once when one fails, and counts the delay from there", () => {
    const play = new Play();
    play.start();
    play.now = 100;
    assert.deepEqual(play.fail(0), ["attempt 1", "wake at 350"]);
    assert.deepEqual(play.wake(250), [], "the instant that was asked for first is none any more");
    assert.deepEqual(play.connect(1), ["won 1"]);
  });

  it("starts the next attempt after the delay, and lets the first go on", () => {
    const play = new Play();
    play.start();
    assert.deepEqual(play.wake(250), ["attempt 1", "wake at 500"]);
    assert.deepEqual(play.connect(0), ["close 1", "won 0"]);
  });

  it("closes all that run when a later one wins", () => {
    const play = new Play();
    play.start();
    play.wake(250);
    assert.deepEqual(play.wake(500), ["attempt 2"]);
    assert.deepEqual(play.connect(2), ["close 0", "close 1", "won 2"]);
  });

  it("is lost when all have failed, with all errors in the order of the attempts", () => {
    const play = new Play();
    play.start();
    play.wake(250);
    assert.deepEqual(play.fail(1), ["attempt 2"]);
    assert.deepEqual(play.fail(2), []);
    assert.deepEqual(play.fail(0), ["lost: error 0, error 1, error 2"]);
  });

  it("closes a connection that comes after another has won", () => {
    const play = new Play();
    play.start();
    play.wake(250);
    play.connect(1);
    assert.deepEqual(play.connect(0), ["close 0"]);
    assert.deepEqual(play.fail(2), []);
  });

  it("tries one address after the other where the delay is infinite, all at once where it is 0", () => {
    const patient = new Play(three, Infinity);
    assert.deepEqual(patient.start(), ["attempt 0"]);
    assert.deepEqual(patient.fail(0), ["attempt 1"]);
    const hasty = new Play(three, 0);
    assert.deepEqual(hasty.start(), ["attempt 0", "wake at 0"]);
    assert.deepEqual(hasty.wake(0), ["attempt 1", "wake at 0"]);
  });

  it("lets families take turns, the preferred one first", () => {
    const mixed = [six(1), six(2), six(3), four(1), four(2)];
    assert.deepEqual(interleaved(mixed), [six(1), four(1), six(2), four(2), six(3)]);
    assert.deepEqual(interleaved([four(1), four(2), six(1)]), [four(1), six(1), four(2)]);
    assert.deepEqual(interleaved([]), []);
  });

  it("has one winner or none, and closes or fails every other attempt, whatever happens when", () => {
    const steps = fc.array(fc.record({ kind: fc.nat(2), attempt: fc.nat(4), ms: fc.nat(400) }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), steps, (count, events) => {
        const play = new Play(Array.from({ length: count }, (_, n) => four(n)));
        const live = new Set<number>();
        let ends = 0;
        const act = (words: readonly string[]): void => {
          for (const word of words) {
            const attempt = Number(word.split(" ")[1]);
            if (word.startsWith("attempt")) live.add(attempt);
            if (word.startsWith("close") || word.startsWith("won")) live.delete(attempt);
            if (word.startsWith("won") || word.startsWith("lost")) ends++;
          }
        };
        act(play.start());
        for (const { kind, attempt, ms } of events) {
          play.now += ms;
          if (kind === 0) act(play.wake(play.now));
          else if (live.has(attempt)) {
            if (kind === 2) live.delete(attempt);
            act(kind === 1 ? play.connect(attempt) : play.fail(attempt));
          }
        }
        while (ends === 0) {
          const [first] = live;
          live.delete(first!);
          act(play.fail(first!));
        }
        assert.equal(ends, 1);
        assert.equal(live.size, 0);
      }),
    );
  });
});
