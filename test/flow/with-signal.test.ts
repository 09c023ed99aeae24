import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Cancelled, InvalidArgument, sleep, withCancelScope, withSignal } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

describe("withSignal", () => {
  it(
    "cancels the function when the signal aborts, and throws its reason",
    virtual(async () => {
      const controller = new AbortController();
      const reason = new Error("user left");
      await assert.rejects(
        withSignal(controller.signal, async () => {
          controller.abort(reason);
          await sleep(10);
        }),
        (error) => error === reason,
      );
    }),
  );

  it(
    "acts at the first wait when the signal has aborted before",
    virtual(async () => {
      assert.equal(await withSignal(AbortSignal.abort(), async () => "no wait"), "no wait");
      await assert.rejects(
        withSignal(AbortSignal.abort(), () => sleep(1)),
        { name: "AbortError" },
      );
    }),
  );

  it(
    "leaves a cancellation from further out alone",
    virtual(async () => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(
          withSignal(new AbortController().signal, () => sleep(1)),
          Cancelled,
        );
      });
    }),
  );

  it(
    "leaves no listener on the signal",
    virtual(async () => {
      const listeners: string[] = [];
      const signal = {
        aborted: false,
        addEventListener: () => listeners.push("added"),
        removeEventListener: () => listeners.push("removed"),
      };
      await withSignal(signal as never, () => 1);
      assert.deepEqual(listeners, ["added", "removed"]);
    }),
  );

  it(
    "refuses what is no signal",
    virtual(async () => {
      await assert.rejects(
        withSignal({} as never, () => 1),
        InvalidArgument,
      );
    }),
  );
});
