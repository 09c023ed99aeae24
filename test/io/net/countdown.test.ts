import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import { Countdown } from "../../../src/io/net/countdown.ts";
import { currentRuntime } from "../../../src/lowlevel.ts";
import { virtual } from "../../../src/testing.ts";

describe("A countdown", () => {
  it(
    "is over at the earliest of the instants that it was given, also while it is waited for",
    virtual(async (time) => {
      const countdown = new Countdown(currentRuntime());
      assert.equal(countdown.shorten(1_000), true);
      assert.equal(countdown.shorten(1_000), false, "no sooner");
      assert.equal(countdown.shorten(2_000), false, "longer");
      await withTaskGroup(async (group) => {
        const waiting = group.spawn(() => countdown.over());
        assert.equal(countdown.shorten(500), true);
        await waiting.join();
      });
      assert.equal(time.now(), 500);
      assert.equal(countdown.shorten(100), false, "it is over");
      await countdown.over();
      assert.equal(time.now(), 500);
    }),
  );

  it(
    "is over at once with 0, and never with Infinity",
    virtual(async (time) => {
      const countdown = new Countdown(currentRuntime());
      assert.equal(countdown.shorten(Infinity), false);
      assert.equal(
        await withTimeoutOr(3_600_000, () => countdown.over().then(() => "over"), "not over"),
        "not over",
      );
      assert.equal(countdown.shorten(0), true);
      await countdown.over();
      assert.equal(time.now(), 3_600_000);
    }),
  );

  it(
    "leaves no timer behind, and takes none, when it was stopped",
    virtual(() => {
      const { timers } = currentRuntime();
      const countdown = new Countdown(currentRuntime());
      const { size } = timers;
      countdown.shorten(1_000);
      countdown.shorten(500);
      assert.equal(timers.size, size + 1);
      countdown.stop();
      assert.equal(countdown.shorten(0), false);
      assert.equal(timers.size, size);
    }),
  );
});
