/**
 * We are held against llhttp: what we accept, it accepts, and sees the same messages in it. The other way round we are the stricter ones.
 * Bytes are mutations of a corpus, drawn from a seed: `TSYNCIO_FUZZ=200000` makes more of them, `TSYNCIO_FUZZ_SEED=7` others.
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { BROKEN, CLOSE, connectionOptions } from "../../../src/http/wire/connection.ts";
import { wireLimits } from "../../../src/http/wire/limits.ts";
import { RequestReader } from "../../../src/http/wire/request-reader.ts";
import { ResponseReader } from "../../../src/http/wire/response-reader.ts";
import { draws } from "../../draws.ts";
import { requestCorpus, responseCorpus } from "./corpus.ts";
import { judge, llhttpMethods, type Judged } from "./llhttp.ts";
import { malformedRequests } from "./malformed-requests.ts";
import { malformedResponses } from "./malformed-responses.ts";
import { mutated, randomFrom } from "./mutations.ts";
import { bytesOf, read, type Seen, type SeenMessage, textOf } from "./reading.ts";

/** What is over a limit by its size alone is in the corpora; mutated it would only cost time. */
const LONGEST_SEED = 1_000;
const ROUNDS = Number(process.env["TSYNCIO_FUZZ"] ?? draws(4_000));
const SEED = Number(process.env["TSYNCIO_FUZZ_SEED"] ?? 1);

/** What both say of a message; values without the blanks behind them, which llhttp leaves there. */
function common(message: SeenMessage | Judged): unknown {
  const { start, version, headers, body, isComplete } = message;
  return { start: start.replace(/[ \t]+$/, ""), version, headers, body, isComplete };
}

/** CONNECT is one for llhttp, also where it is refused; and of responses only status 101 with its fields. */
function isUpgrade({ start, upgrade }: SeenMessage): boolean {
  return upgrade !== null || start.startsWith("CONNECT ");
}

/**
 * Where we close and llhttp does not: a response whose Connection cannot be read is good, but its connection is not used again; and in
 * HTTP/1.0 llhttp does not see "close" beside "keep-alive".
 */
function mayCloseAlone({ headers }: SeenMessage): boolean {
  const values = headers.flatMap(([name, value]) => (name === "connection" ? [value] : []));
  return (connectionOptions(values.join()) & (BROKEN | CLOSE)) !== 0;
}

function differs(ours: SeenMessage, theirs: Judged): string | null {
  const headers = [...ours.headers, ...(ours.trailers ?? [])];
  // Of a message that is not complete a trailer may have come in part: llhttp tells of it, we do not.
  const judged = ours.isComplete
    ? theirs
    : { ...theirs, headers: theirs.headers.slice(0, headers.length) };
  const right = JSON.stringify(common(judged));
  const left = JSON.stringify(common({ ...ours, headers }));
  if (left !== right) return `we read ${left}, llhttp ${right}`;
  if (!ours.isComplete) return null;
  if (isUpgrade(ours) !== theirs.isUpgrade)
    return `only ${theirs.isUpgrade ? "llhttp" : "we"} see an upgrade`;
  if (ours.keepsAlive === theirs.keepsAlive || theirs.isUpgrade) return null;
  if (theirs.keepsAlive && mayCloseAlone(ours)) return null;
  return `only ${theirs.keepsAlive ? "llhttp keeps" : "we keep"} the connection`;
}

/** Whether llhttp has stopped where we go on. Trailer fields are only judged when all have come, by us. */
function isRefusedEarly(ours: SeenMessage, refused: string | null): boolean {
  return !ours.isComplete && refused !== null && ours.bodyBytes !== -1;
}

/** Null where all that we have read is the same with llhttp. */
function difference(seen: Seen, judged: readonly Judged[], refused: string | null): string | null {
  for (const [index, ours] of seen.messages.entries()) {
    // We may have refused what comes within a message, where llhttp has not the same rules.
    if (!ours.isComplete && seen.refused !== null) return null;
    const theirs = judged[index];
    if (theirs === undefined || isRefusedEarly(ours, refused))
      return `llhttp refuses message ${index} (${refused})`;
    const found = differs(ours, theirs);
    if (found !== null) return `message ${index}: ${found}`;
    // Behind these llhttp reads no further.
    if (theirs.isUpgrade || !ours.keepsAlive || !theirs.keepsAlive) return null;
  }
  return null;
}

/** llhttp takes spaces behind a value, but not always a tab; RFC 9110, 5.5 allows both. */
const tabBehindValue = /\n(?:Content-Length|Connection):[^\r]*\t[ \t]*(?:,|\r)/i;

function report(found: string | null, bytes: Uint8Array): void {
  if (found === null) return;
  const text = textOf(bytes);
  if (!tabBehindValue.test(text)) assert.fail(`${found}\nin ${JSON.stringify(text)}`);
}

/** Methods that llhttp does not know, in any of the messages that we accepted. */
function hasForeignMethod(seen: Seen): boolean {
  return seen.messages.some(({ start }) => !llhttpMethods.has(start.split(" ")[0] ?? ""));
}

function isShort(text: string): boolean {
  return text.length <= LONGEST_SEED;
}

function checkRequest(bytes: Uint8Array): "accepted" | "refused" {
  const seen = read(new RequestReader(wireLimits), [bytes]);
  if (seen.messages.length > 0 && !hasForeignMethod(seen)) {
    const { messages, refused } = judge(bytes, "request");
    const found = difference(seen, messages, refused);
    report(found, bytes);
  }
  return seen.messages.some((message) => message.isComplete) ? "accepted" : "refused";
}

function checkResponse(bytes: Uint8Array, method: string): "accepted" | "refused" {
  const reader = new ResponseReader(wireLimits);
  reader.expect(method);
  const seen = read(reader, [bytes]);
  if (seen.messages.length > 0) {
    const { messages, refused } = judge(bytes, "response", { method });
    const found = difference(seen, messages, refused);
    report(found, bytes);
  }
  return seen.messages.some((message) => message.isComplete) ? "accepted" : "refused";
}

describe("what we accept, llhttp accepts, with the same framing", () => {
  it("in each request of the corpus", () => {
    for (const text of requestCorpus) assert.equal(checkRequest(bytesOf(text)), "accepted", text);
    for (const { bytes } of malformedRequests) checkRequest(bytesOf(bytes));
  });

  it("in each response of the corpus", () => {
    for (const { text, method } of responseCorpus) checkResponse(bytesOf(text), method);
    for (const { bytes, method } of malformedResponses) checkResponse(bytesOf(bytes), method);
  });

  it("in requests that were mutated", () => {
    const random = randomFrom(SEED);
    const seeds = [...requestCorpus, ...malformedRequests.map((row) => row.bytes)].filter(isShort);
    const seen = { accepted: 0, refused: 0 };
    for (let round = 0; round < ROUNDS; round++) seen[checkRequest(mutated(seeds, random))]++;
    assert.ok(seen.accepted > ROUNDS / 20 && seen.refused > ROUNDS / 20, JSON.stringify(seen));
  });

  it("in responses that were mutated", () => {
    const random = randomFrom(SEED + 1);
    const rows = [
      ...responseCorpus,
      ...malformedResponses.map((row) => ({ text: row.bytes, method: row.method })),
    ];
    const texts = rows.map((row) => row.text).filter(isShort);
    const methods = rows.map((row) => row.method);
    const seen = { accepted: 0, refused: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const method = methods[Math.floor(random() * methods.length)] as string;
      seen[checkResponse(mutated(texts, random), method)]++;
    }
    assert.ok(seen.accepted > ROUNDS / 20 && seen.refused > ROUNDS / 20, JSON.stringify(seen));
  });
});
