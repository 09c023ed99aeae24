/** What no option of a client takes: each bag, each figure in it, and names that nobody knows. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  HttpClient,
  limitPerOrigin,
  logRequests,
  MockTransport,
  Multipart,
  retryRequests,
} from "../../../src/http.ts";
import { InvalidArgument } from "../../../src/index.ts";
import { wireLimits } from "../../../src/http/wire/limits.ts";
import { virtual } from "../../../src/testing.ts";

type Bag = Readonly<Record<string, unknown>>;

const noCount = [-1, 1.5, NaN, -Infinity, "5", null, true];
const noMs = [-1, -0.001, NaN, -Infinity, "5", null, true];
const durations = "totalMs poolMs connectMs firstByteMs gapMs expectContinueMs".split(" ");
const http = new HttpClient({ transport: new MockTransport().on("GET", "*", "").send });

/** A bag of options: what takes it, how messages call it, and what its figures do not take. */
interface Case {
  readonly name: string;
  readonly take: (bag: Bag) => unknown;
  readonly wrong: Readonly<Record<string, readonly unknown[]>>;
  readonly right: Bag;
}

const each = (names: readonly string[], wrong: readonly unknown[]): Case["wrong"] =>
  Object.fromEntries(names.map((name) => [name, wrong]));

const cases: readonly Case[] = [
  {
    name: "HttpClient",
    take: (bag) => new HttpClient(bag),
    wrong: {
      ...each(["maxConnections", "maxConnectionsPerOrigin"], [0, ...noCount]),
      ...each(["maxBodyBytes", "maxRedirects"], noCount),
      ...each([...durations, "keepAliveMs", "attemptDelayMs"], noMs),
    },
    right: {
      maxConnections: 1,
      maxConnectionsPerOrigin: Infinity,
      maxBodyBytes: 0,
      maxRedirects: 0,
      totalMs: 0,
      gapMs: 0.5,
      keepAliveMs: Infinity,
      attemptDelayMs: 0,
      poolMs: undefined,
      throwOnStatus: undefined,
      limits: undefined,
    },
  },
  {
    name: "a request",
    take: (bag) => http.get("http://shop/", bag),
    wrong: { ...each(["maxBodyBytes", "maxRedirects"], noCount), ...each(durations, noMs) },
    right: { totalMs: Infinity, gapMs: undefined, maxRedirects: 0 },
  },
  {
    name: "limits of HttpClient",
    take: (limits) => new HttpClient({ limits }),
    wrong: each(Object.keys(wireLimits), noCount),
    right: { headBytes: 0, fieldCount: undefined },
  },
  {
    name: "retryRequests",
    take: (bag) => retryRequests(bag),
    wrong: {
      attempts: [0, ...noCount],
      ...each(["initialMs", "maxMs", "maxRetryAfterMs"], noMs),
      factor: [0.9, Infinity, NaN, "2", null],
      jitter: [-0.1, 1.1, NaN, "0.5", null],
      statuses: [503, null],
      methods: ["GET", null],
    },
    right: { attempts: Infinity, initialMs: 0, factor: 1, jitter: 0, maxMs: undefined, budget: null },
  },
  {
    name: "the budget of retryRequests",
    take: (budget) => retryRequests({ budget }),
    wrong: {
      ...each(["ratio", "perSecond"], [-0.1, NaN, Infinity, "1", null]),
      most: [-1, NaN, "1", null],
    },
    right: { ratio: 0, perSecond: 0.5, most: Infinity },
  },
  {
    name: "limitPerOrigin",
    take: (bag) => limitPerOrigin(bag),
    wrong: { concurrency: [0, ...noCount], rate: [5, null, "10"] },
    right: { concurrency: 1, rate: undefined },
  },
  {
    name: "the rate of limitPerOrigin",
    take: (rate) => limitPerOrigin({ rate: { limit: 1, intervalMs: 1, ...rate } }),
    wrong: {
      ...each(["limit", "burst"], [0, ...noCount]),
      intervalMs: [0, Infinity, ...noMs],
    },
    right: { limit: 10, burst: undefined, intervalMs: 0.5 },
  },
  {
    name: "logRequests",
    take: (bag) => logRequests(bag),
    wrong: { log: [5, null] },
    right: {},
  },
  {
    name: "the option proxy",
    take: (proxy) => new HttpClient({ proxy: { url: "http://proxy:3128", ...proxy } }),
    wrong: {},
    right: { credentials: { bearer: "token" } },
  },
  {
    name: "a mock's reply",
    take: (reply) => new MockTransport().on("GET", "*", reply),
    wrong: { delayMs: noMs, status: [99, 199, 600, 200.5, NaN, "200", null] },
    right: { delayMs: 0, status: 599, body: undefined },
  },
  {
    name: "a Multipart",
    take: (bag) => new Multipart(bag),
    wrong: {},
    right: {},
  },
  {
    name: "a part",
    take: (bag) => new Multipart().field("file", "content", bag),
    wrong: {},
    right: { filename: "a.txt" },
  },
];

function assertInvalid(call: () => unknown, message: RegExp): void {
  assert.throws(call, (error: Error) => {
    assert.ok(error instanceof InvalidArgument, String(error));
    assert.match(error.message, message);
    return true;
  });
}

const shown = (value: unknown): string =>
  (typeof value === "string" ? JSON.stringify(value) : String(value)).replace(/[.+]/g, "\\$&");

for (const { name: bag, take, wrong, right } of cases)
  describe(`The options of ${bag}`, () => {
    it(
      "are taken where they make sense, and undefined is the default",
      virtual(async () => void (await take(right))),
    );

    for (const [name, values] of Object.entries(wrong))
      it(`are refused where ${name} is ${values.map(String).join(", ")}`, () => {
        for (const value of values)
          assertInvalid(
            () => take({ [name]: value }),
            new RegExp(`^TSY_INVALID_ARGUMENT: ${name} .*\\bis ${shown(value)}\\. Give `),
          );
      });

    it("are refused where nobody knows one", () => {
      assertInvalid(() => take({ colour: "red" }), /has no option "colour"\. It has /);
    });
  });

describe("Credentials", () => {
  for (const auth of [
    { username: "me", password: "secret", user: "me" },
    { bearer: "token", password: "secret" },
  ])
    it(`are refused where they are two things: ${Object.keys(auth).join(", ")}`, () => {
      assertInvalid(() => new HttpClient({ auth }), /credentials has no option "(?:user|password)"/);
      assertInvalid(() => new HttpClient().get("http://shop/", { auth }), /^(?!.*secret)/);
    });

  it("are refused when the client is made", () => {
    assertInvalid(() => new HttpClient({ auth: 5 as never }), /the credentials are 5/);
  });
});

describe("What reads a body", () => {
  const whole = ["text", "bytes", "json", "form", "lines"] as const;
  for (const read of whole)
    it(
      `refuses what is no limit: ${read}`,
      virtual(async () => {
        const mock = new MockTransport().on("GET", "*", "{}");
        await using client = new HttpClient({ transport: mock.send });
        const response = await client.get("http://shop/");
        for (const maxBytes of [0, ...noCount] as never[])
          assertInvalid(
            () => response[read]({ maxBytes }),
            new RegExp(`^TSY_INVALID_ARGUMENT: maxBytes of ${read} is`),
          );
        assertInvalid(
          () => response[read]({ max: 1 } as never),
          new RegExp(`${read} of a body has no option "max"`),
        );
        await response.close();
      }),
    );
});
