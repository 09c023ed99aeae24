/**
 * The patterns of heads take linear time, also on the worst of heads. Measured in steps, not in time: a matcher that goes back as a
 * backtracking engine does, and counts, reads the source of the patterns as they are. First it is shown that it reads them rightly.
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import {
  headEnd,
  requestHeadPattern,
  responseHeadPattern,
} from "../../../src/http/wire/head-patterns.ts";
import { requestCorpus, responseCorpus } from "./corpus.ts";
import { malformedRequests } from "./malformed-requests.ts";
import { malformedResponses } from "./malformed-responses.ts";
import { mutated, randomFrom } from "./mutations.ts";
import { textOf } from "./reading.ts";

type Continue = (at: number) => number;
type Matcher = (text: string, at: number, next: Continue) => number;

let steps = 0;

/** Sequences, sets, single characters, groups without capture, and `*`, `+` and `?` behind any of them. */
class PatternParser {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  sequence(): Matcher {
    const parts: Matcher[] = [];
    while (this.#at < this.#source.length && this.#source[this.#at] !== ")") parts.push(this.#repeated());
    return parts.reduceRight<Matcher>(
      (rest, part) => (text, at, next) => part(text, at, (then) => rest(text, then, next)),
      (_text, at, next) => next(at),
    );
  }

  #repeated(): Matcher {
    const one = this.#one();
    const sign = this.#source[this.#at];
    if (sign === "*" || sign === "+") {
      this.#at++;
      return sign === "*"
        ? many(one)
        : (text, at, next) => one(text, at, (then) => many(one)(text, then, next));
    }
    if (sign !== "?") return one;
    this.#at++;
    return (text, at, next) => {
      const end = one(text, at, next);
      return end >= 0 ? end : next(at);
    };
  }

  #one(): Matcher {
    if (this.#source.startsWith("(?:", this.#at)) {
      this.#at += 3;
      const inner = this.sequence();
      this.#at++;
      return inner;
    }
    const start = this.#at;
    if (this.#source[start] === "[") this.#at = this.#source.indexOf("]", start) + 1;
    else this.#at += this.#source[start] === "\\" ? 2 : 1;
    const character = new RegExp(`^${this.#source.slice(start, this.#at)}$`);
    return (text, at, next) => {
      steps++;
      return at < text.length && character.test(text[at] as string) ? next(at + 1) : -1;
    };
  }
}

/** As often as it goes, and then once less, and again, until the rest fits. */
function many(one: Matcher): Matcher {
  return (text, at, next) => {
    const ends = [at];
    for (;;) {
      const end = one(text, ends.at(-1) as number, (then) => then);
      if (end < 0) break;
      ends.push(end);
    }
    for (let index = ends.length - 1; index >= 0; index--) {
      const end = next(ends[index] as number);
      if (end >= 0) return end;
    }
    return -1;
  };
}

const patterns = { request: requestHeadPattern, response: responseHeadPattern };

function countedEnd(pattern: RegExp, text: string): { end: number; steps: number } {
  const matcher = new PatternParser(pattern.source).sequence();
  steps = 0;
  const end = matcher(text, 0, (at) => at);
  return { end, steps };
}

/** Heads that make an engine go back the furthest: each lacks its end in another way. */
const worst: Record<keyof typeof patterns, ((size: number) => string)[]> = {
  request: [
    (size) => "G".repeat(size),
    (size) => `GET /${"/".repeat(size)}`,
    (size) => `GET / HTTP/1.1\r\n${"A".repeat(size)}`,
    (size) => `GET / HTTP/1.1\r\nA:${" ".repeat(size)}`,
    (size) => `GET / HTTP/1.1\r\nA:${" ".repeat(size)}\n`,
    (size) => `GET / HTTP/1.1\r\n${"A:\r\n".repeat(size)}`,
    (size) => `GET / HTTP/1.1\r\n${"A: b\r\n".repeat(size)}A`,
    (size) => `GET / HTTP/1.1\r\n${"A:::::::::b\r\n".repeat(size)}\r`,
    (size) => `GET / HTTP/1.1\r\n${"AAAAAAAAAAA: b\r\n".repeat(size)}\n`,
  ],
  response: [
    (size) => `HTTP/1.1 200 ${" ".repeat(size)}`,
    (size) => `HTTP/1.1 200 ${"a".repeat(size)}\n`,
    (size) => `HTTP/1.1 200\r\nA:${"\t".repeat(size)}`,
    (size) => `HTTP/1.1 200\r\n${"A:\r\n".repeat(size)}\n`,
  ],
};

describe("the patterns of heads", () => {
  it("are read rightly by the matcher that counts", () => {
    const random = randomFrom(3);
    const seeds = [
      ...requestCorpus,
      ...malformedRequests.map((row) => row.bytes.slice(0, 400)),
      ...responseCorpus.map((row) => row.text),
      ...malformedResponses.map((row) => row.bytes.slice(0, 400)),
    ];
    for (let round = 0; round < 1_000; round++) {
      const text = textOf(mutated(seeds, random));
      for (const pattern of Object.values(patterns))
        assert.equal(countedEnd(pattern, text).end, headEnd(pattern, text), JSON.stringify(text));
    }
  });

  for (const kind of ["request", "response"] as const) {
    it(`take at most four steps for a byte of a ${kind}, however it is made`, () => {
      for (const make of worst[kind]) {
        for (const size of [10, 100, 1_000]) {
          const text = make(size);
          const { end, steps: taken } = countedEnd(patterns[kind], text);
          assert.equal(end, -1);
          assert.ok(
            taken <= 4 * text.length + 20,
            `${taken} steps for ${JSON.stringify(text.slice(0, 60))}`,
          );
        }
      }
    });
  }

  it("would be found out by the count if they were not linear", () => {
    const { steps: taken } = countedEnd(/[a-z]*[a-z]*:/y, "a".repeat(100));
    assert.ok(taken > 4_000, `${taken} steps`);
  });
});
