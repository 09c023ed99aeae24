import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgument } from "../../../../src/index.ts";
import { RetryBudget } from "../../../../src/http/client/features/retry-budget.ts";
import {
  checkPolicy,
  retryPause,
  type Failure,
  type RetryRequestsOptions,
} from "../../../../src/http/client/features/retry-policy.ts";

const status = (code: number, retryAfterMs: number | null = null): Failure => ({
  kind: "status",
  status: code,
  retryAfterMs,
});
const lost = (wasSent: boolean): Failure => ({ kind: "error", error: new Error("lost"), wasSent });

interface Given {
  method?: string;
  isRepeatable?: boolean;
  attempt?: number;
  failure?: Failure;
  chance?: number;
}

function pause(options: RetryRequestsOptions, given: Given = {}): number | null {
  const { method = "GET", isRepeatable = true, attempt = 1, failure = status(503), chance = 0 } = given;
  return retryPause(checkPolicy(options), { method, isRepeatable, attempt, failure, chance });
}

describe("Whether a request is sent again", () => {
  it("depends on the status", () => {
    for (const code of [408, 429, 500, 502, 503, 504])
      assert.notEqual(pause({}, { failure: status(code) }), null);
    for (const code of [200, 304, 400, 401, 404, 409, 501])
      assert.equal(pause({}, { failure: status(code) }), null);
    assert.notEqual(pause({ statuses: [404] }, { failure: status(404) }), null);
    assert.equal(pause({ statuses: [404] }, { failure: status(503) }), null);
  });

  it("depends on the method: those that mean the same when they arrive twice, unless asked", () => {
    for (const method of ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
      assert.notEqual(pause({}, { method }), null, method);
    for (const method of ["POST", "PATCH", "CONNECT", "get"]) assert.equal(pause({}, { method }), null);
    assert.notEqual(pause({ methods: ["POST"] }, { method: "POST" }), null);
  });

  it("does not depend on the method where nothing was sent", () => {
    assert.notEqual(pause({}, { method: "POST", failure: lost(false) }), null);
    assert.equal(pause({}, { method: "POST", failure: lost(true) }), null);
    assert.notEqual(pause({}, { method: "GET", failure: lost(true) }), null);
  });

  it("depends on whether its body can be sent once more", () => {
    assert.equal(pause({}, { method: "PUT", isRepeatable: false }), null);
    assert.equal(pause({}, { method: "PUT", isRepeatable: false, failure: lost(false) }), null);
  });

  it("ends with the attempts", () => {
    assert.notEqual(pause({}, { attempt: 2 }), null);
    assert.equal(pause({}, { attempt: 3 }), null);
    assert.equal(pause({ attempts: 1 }, { attempt: 1 }), null);
    assert.notEqual(pause({ attempts: Infinity }, { attempt: 1e6 }), null);
  });

  it("is for `when` to say last", () => {
    const asked: unknown[] = [];
    const when = (failure: Failure, attempt: number): boolean => asked.push([failure, attempt]) > 1;
    assert.equal(pause({ when }), null);
    assert.notEqual(pause({ when }, { attempt: 2 }), null);
    assert.equal(pause({ when }, { failure: status(404) }), null);
    assert.deepEqual(asked, [
      [status(503), 1],
      [status(503), 2],
    ]);
  });
});

describe("The pause before a request is sent again", () => {
  it("grows up to its longest", () => {
    const options = { attempts: Infinity, initialMs: 100, factor: 3, maxMs: 1_000 };
    assert.deepEqual(
      [1, 2, 3, 4, 400].map((attempt) => pause(options, { attempt })),
      [100, 300, 900, 1_000, 1_000],
    );
  });

  it("is left to chance as far as jitter says", () => {
    assert.equal(pause({ initialMs: 100 }, { chance: 0.75 }), 25);
    assert.equal(pause({ initialMs: 100, jitter: 0.5 }, { chance: 0.5 }), 75);
    assert.equal(pause({ initialMs: 100, jitter: 0 }, { chance: 0.9 }), 100);
  });

  it("is never shorter than Retry-After, and there is none where that asks for too much", () => {
    assert.equal(pause({ initialMs: 100 }, { failure: status(503, 5_000), chance: 0.5 }), 5_050);
    assert.notEqual(pause({}, { failure: status(503, 60_000) }), null);
    assert.equal(pause({}, { failure: status(503, 60_001) }), null);
    assert.notEqual(pause({ maxRetryAfterMs: 1e9 }, { failure: status(503, 60_001) }), null);
  });

  it("refuses figures that are none", () => {
    for (const options of [
      { attempts: 0 },
      { factor: 0.5 },
      { jitter: 2 },
      { initialMs: NaN },
      { maxRetryAfterMs: NaN },
    ])
      assert.throws(() => checkPolicy(options), InvalidArgument, JSON.stringify(options));
    assert.throws(() => checkPolicy({ when: true as never }), InvalidArgument);
  });
});

describe("A budget of retries", () => {
  it("lets retries add only their ratio to the load", () => {
    const budget = new RetryBudget({ ratio: 0.2, perSecond: 0, most: 10 });
    let retries = 0;
    for (let n = 0; n < 1_000; n++) {
      budget.earn(0);
      while (budget.tryTake(0)) retries++;
    }
    assert.equal(retries, 10 + Math.floor(999 * 0.2));
  });

  it("fills with time, up to its most, and not when the clock stands or goes back", () => {
    const budget = new RetryBudget({ ratio: 0, perSecond: 2, most: 3 });
    const takeAll = (nowMs: number): number => {
      let n = 0;
      while (budget.tryTake(nowMs)) n++;
      return n;
    };
    assert.deepEqual([0, 0, 1_000, 500, 1_499, 100_000].map(takeAll), [3, 0, 2, 0, 1, 3]);
    assert.equal(budget.left, 0);
  });
});
