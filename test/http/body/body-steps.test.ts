/** However a body is cut into pieces, and wherever a read is cancelled, what is read is the same. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { sleep, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import type { IncomingBody } from "../../../src/http/body/incoming-body.ts";
import { virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";
import { collect, coming, cut, decode, deliver, encode, whole } from "./feeding.ts";

const texts = fc.string({
  unit: fc.constantFrom("a", "é", "🎈", "\n", "\r\n", "=", "&", "x".repeat(40)),
  maxLength: 60,
});
const lengths = fc.array(fc.nat(9), { minLength: 1, maxLength: 12 });
const limits = fc.array(fc.nat(3), { minLength: 1, maxLength: 8 });

/** Delivers `bytes` in pieces, a millisecond apart. */
async function feed(body: IncomingBody, bytes: Uint8Array, sizes: readonly number[]): Promise<void> {
  for (const piece of cut(bytes, sizes)) {
    body.arrived(piece);
    await sleep(1);
  }
  body.ended();
}

/** Calls `read` until it gives a result, each time under a limit that may pass. */
async function patiently<T>(read: () => Promise<T>, limitsMs: readonly number[]): Promise<T> {
  for (let i = 0; ; i++) {
    const limit = limitsMs[i % limitsMs.length] ?? 0;
    const result = await withTimeoutOr(
      limit === 0 ? Infinity : limit,
      async () => ({ value: await read() }),
      null,
    );
    if (result !== null) return result.value;
  }
}

/** `read` gives what `expected` says for any text, split and cancellations. */
function anySplit<T>(
  read: (body: IncomingBody, limitsMs: readonly number[]) => Promise<T>,
  expected: (text: string) => T,
  make: (text: string) => string = (text) => text,
): () => Promise<void> {
  return virtual(() =>
    fc.assert(
      fc.asyncProperty(texts, lengths, limits, async (text, sizes, limitsMs) => {
        const body = coming();
        await withTaskGroup(async (group) => {
          group.spawn(() => feed(body, encode(make(text)), sizes));
          assert.deepEqual(await read(body, limitsMs), expected(text));
        });
      }),
      { numRuns: 50 },
    ),
  );
}

describe("Any split of the bytes, and any cancellation,", () => {
  it(
    "gives the same text",
    anySplit(
      (body, ms) => patiently(() => body.text(), ms),
      (text) => text,
    ),
  );

  it(
    "gives the same JSON",
    anySplit(
      (body, ms) => patiently(() => body.json(), ms),
      (text) => [text],
      (text) => JSON.stringify([text]),
    ),
  );

  it(
    "gives the same form",
    anySplit(
      async (body, ms) => [...(await patiently(() => body.form(), ms))],
      (text) => [...new URLSearchParams(text)],
    ),
  );

  it(
    "gives the same bytes, piece by piece",
    anySplit(
      async (body, ms) => {
        let text = "";
        const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
        for (;;) {
          const piece = await patiently(() => body.read(7), ms);
          if (piece === null) return text + decoder.decode();
          text += decoder.decode(piece, { stream: true });
        }
      },
      (text) => text,
    ),
  );

  it(
    "gives the same lines as one piece does",
    virtual(() =>
      fc.assert(
        fc.asyncProperty(texts, lengths, limits, async (text, sizes, limitsMs) => {
          const body = coming();
          const lines = body.lines();
          const got: string[] = [];
          await withTaskGroup(async (group) => {
            group.spawn(() => feed(body, encode(text), sizes));
            for (;;) {
              const step = await patiently(() => lines.next(), limitsMs);
              if (step.done === true) break;
              got.push(step.value);
            }
          });
          assert.deepEqual(got, await collect(whole(text).lines()));
        }),
        { numRuns: 50 },
      ),
    ),
  );
});

describe("A read that is cancelled at any step", () => {
  it(
    "of a whole body takes nothing",
    everyStep(async (step) => {
      const body = coming();
      await withTaskGroup(async (group) => {
        const attempt = group.spawn(() => step.attempt(() => body.text()));
        body.arrived(encode("ab"));
        await sleep(1);
        deliver(body, "c");
        const outcome = await attempt.join();
        if (outcome.cancelled) assert.equal(await body.text(), "abc");
        else assert.equal(outcome.value, "abc");
      });
    }),
  );

  it(
    "of a body that has come takes nothing",
    everyStep(async (step) => {
      const body = whole("[1]");
      const outcome = await step.attempt(() => body.json());
      assert.deepEqual(outcome.cancelled ? await body.json() : outcome.value, [1]);
    }),
  );

  it(
    "of a piece takes nothing",
    everyStep(async (step) => {
      const body = coming();
      let got = "";
      await withTaskGroup(async (group) => {
        const attempt = group.spawn(() => step.attempt(() => body.read()));
        await sleep(1);
        deliver(body, "ab", "c");
        const outcome = await attempt.join();
        if (!outcome.cancelled && outcome.value !== null) got += decode(outcome.value);
      });
      got += await body.text();
      assert.equal(got, "abc");
    }),
  );

  it(
    "of a line takes nothing",
    everyStep(async (step) => {
      const body = coming();
      const got: string[] = [];
      await withTaskGroup(async (group) => {
        const attempt = group.spawn(() => step.attempt(() => body.lines().next()));
        body.arrived(encode("on"));
        await sleep(1);
        deliver(body, "e\ntwo\n");
        const outcome = await attempt.join();
        if (!outcome.cancelled && outcome.value.done !== true) got.push(outcome.value.value);
      });
      got.push(...(await collect(body.lines())));
      assert.deepEqual(got, ["one", "two"]);
    }),
  );
});
