import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withTimeout, withTimeoutOr, TimeoutError } from "../../../../src/index.ts";
import { HttpRequestFailed } from "../../../../src/http/client/request-errors.ts";
import { MockTransport, retryRequests, type RetryRequestsOptions } from "../../../../src/http.ts";
import { virtual } from "../../../../src/testing.ts";
import { everyStep } from "../../../every-step.ts";
import { requestOf, sendThrough } from "./requests.ts";

const plain: RetryRequestsOptions = { initialMs: 100, jitter: 0, budget: null };
const busy = { status: 503, body: "busy" };
const lost = { error: new Error("connection lost") };

const asked = (mock: MockTransport, method = "GET", options = plain, body?: string) =>
  sendThrough(
    mock.send,
    requestOf(method, "http://a/", {
      middleware: [retryRequests(options)],
      ...(body === undefined ? {} : { body }),
    }),
  );

describe("retryRequests", () => {
  it(
    "sends a request again until it is answered, and counts the attempts",
    virtual(async (time) => {
      const mock = new MockTransport().on("GET", "/", busy, lost, "at last");
      assert.equal(await (await asked(mock)).text(), "at last");
      assert.deepEqual(
        mock.calls.map(({ attempt }) => attempt),
        [1, 2, 3],
      );
      assert.equal(time.now(), 300);
    }),
  );

  it(
    "hands out the last response, or throws the last error, when the attempts are used up",
    virtual(async () => {
      const mock = new MockTransport().on("GET", "/", busy, busy, { ...busy, body: "third" });
      const response = await asked(mock);
      assert.equal(response.status, 503);
      assert.equal(await response.text(), "third");
      const broken = new MockTransport().on("GET", "/", lost);
      await assert.rejects(
        asked(broken),
        (error: unknown) => error instanceof HttpRequestFailed && error.attempt === 3,
      );
      assert.equal(broken.calls.length, 3);
    }),
  );

  it(
    "sends a POST again only where nothing of it had left",
    virtual(async () => {
      const sent = new MockTransport().on("POST", "/", lost);
      await assert.rejects(asked(sent, "POST", plain, "x"));
      assert.equal(sent.calls.length, 1);
      const answered = new MockTransport().on("POST", "/", busy, "");
      assert.equal((await asked(answered, "POST", plain, "x")).status, 503);
      const never = new MockTransport().on("POST", "/", { ...lost, wasSent: false }, "done");
      assert.equal(await (await asked(never, "POST", plain, "x")).text(), "done");
      assert.deepEqual(
        never.calls.map(({ text }) => text),
        ["x", "x"],
      );
    }),
  );

  it(
    "waits as long as Retry-After asks for, by seconds and by date",
    virtual(async (time) => {
      const date = new Date(Date.now() + 7_000).toUTCString();
      const mock = new MockTransport().on(
        "GET",
        "/",
        { status: 429, headers: { "retry-after": "3" } },
        { status: 503, headers: { "retry-after": date } },
        "ok",
      );
      await asked(mock, "GET", { ...plain, initialMs: 0 });
      assert.ok(time.now() >= 6_000 && time.now() <= 7_000, `${time.now()}`);
    }),
  );

  it(
    "does not wait where the deadline would come first",
    virtual(async (time) => {
      const mock = new MockTransport().on("GET", "/", busy);
      const response = await withTimeout(50, () => asked(mock));
      assert.equal(response.status, 503);
      assert.equal(time.now(), 0);
    }),
  );

  it(
    "never retries a cancellation, nor a time limit of the caller",
    virtual(async () => {
      const mock = new MockTransport().on("GET", "/", { delayMs: 100, body: "" });
      assert.equal(await withTimeoutOr(50, () => asked(mock), "cancelled"), "cancelled");
      assert.equal(mock.calls.length, 1);
      const inner = new MockTransport().on("GET", "/", () =>
        withTimeout(5, () => sleep(10)).then(() => ""),
      );
      await assert.rejects(asked(inner), TimeoutError);
      assert.equal(inner.calls.length, 1);
    }),
  );

  it(
    "keeps to its budget, over all requests of the client",
    virtual(async () => {
      const mock = new MockTransport().on("GET", "/", busy);
      const retries = retryRequests({
        ...plain,
        attempts: 2,
        budget: { ratio: 0.1, perSecond: 0, most: 3 },
      });
      for (let n = 0; n < 20; n++)
        await sendThrough(mock.send, requestOf("GET", "http://a/", { middleware: [retries] }));
      assert.equal(mock.calls.length, 20 + 3 + 1);
    }),
  );

  it(
    "may be cancelled at any step",
    everyStep(async (step) => {
      const mock = new MockTransport().on(
        "GET",
        "/",
        { ...busy, delayMs: 5 },
        { ...lost, delayMs: 5 },
        "ok",
      );
      const outcome = await step.attempt(async () => {
        try {
          return await (await asked(mock)).text();
        } catch (error) {
          // An error that has come wins over the cancellation, and is not tried again then.
          if (step.isCalm || !(error instanceof HttpRequestFailed)) throw error;
          return "ok";
        }
      });
      if (!outcome.cancelled) assert.equal(outcome.value, "ok");
    }),
  );
});
