/** Clients for simulations: each sends its requests, as it was drawn, and notes what became of them. */
import assert from "node:assert/strict";
import { sleep, withTaskGroup, withTimeout } from "../../../src/index.ts";
import {
  HttpClient,
  type HttpClientOptions,
  type HttpRequestError,
  type HttpResponse,
  type RequestOptions,
} from "../../../src/http.ts";
import { brandOf } from "../../../src/base/tsyncio-error.ts";
import type { Simulation } from "../../../src/testing.ts";
import { pieces, STREAMED, whole, type Kind, type Ledger } from "./shop.ts";

/** What a client must expect where networks and hosts fail, and limits pass. */
export const EXPECTED: ReadonlySet<string> = new Set([
  "TSY_HTTP_REQUEST_FAILED",
  "TSY_HTTP_TIMEOUT",
  "TSY_TIMEOUT",
  "TSY_DISPOSED",
  "TSY_HOST_CRASHED",
]);

const METHODS: Readonly<Record<Kind, string>> = {
  text: "GET",
  json: "GET",
  wait: "GET",
  children: "GET",
  stream: "GET",
  big: "GET",
  fail: "GET",
  missing: "GET",
  head: "HEAD",
  put: "PUT",
  echo: "POST",
  upload: "POST",
  early: "POST",
  hasty: "POST",
  expect: "POST",
  moved: "GET",
};

export const KINDS = Object.keys(METHODS) as readonly Kind[];

const STATUS: Readonly<Partial<Record<Kind, number>>> = { missing: 404, put: 201 };

/** One request that is to be made. */
export interface Order {
  readonly id: string;
  readonly kind: Kind;
  /** When, after the beginning. */
  readonly atMs: number;
  /** The time that its caller allows; then the call is cancelled. */
  readonly patienceMs: number;
  /** How the response is used; one that is left is not even closed. */
  readonly use: "whole" | "slowly" | "first piece" | "closed" | "left";
}

/** What became of it. */
export type Outcome =
  | { readonly status: number }
  | { readonly code: string; readonly error: Error & Partial<HttpRequestError> };

export interface Customer {
  readonly orders: readonly Order[];
  /** None for what a crash of its host has cut off. */
  readonly outcomes: Map<string, Outcome>;
  /** How many requests were begun whose end is not known yet. */
  open: number;
}

export function customer(orders: readonly Order[]): Customer {
  return { orders, outcomes: new Map(), open: 0 };
}

const pick = <T>(t: Simulation, from: readonly T[]): T => from[Math.floor(t.random() * from.length)]!;

/** Draws what a customer wants. */
export function drawOrders(t: Simulation, name: string, count: number, withinMs: number): Order[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `${name}${n}`,
    kind: pick(t, KINDS),
    atMs: Math.floor(t.random() * withinMs),
    patienceMs: t.random() < 0.25 ? Math.floor(t.random() * 60) : Infinity,
    use: t.random() < 0.5 ? "whole" : pick(t, ["slowly", "first piece", "closed", "left"] as const),
  }));
}

async function* slowly(id: string): AsyncGenerator<string> {
  for (const text of pieces(id, STREAMED)) {
    await sleep(4);
    yield text;
  }
}

function optionsFor({ id, kind }: Order): RequestOptions {
  if (kind === "upload" || kind === "hasty") return { body: slowly(id) };
  if (kind === "expect") return { body: whole(id, kind), expectContinueMs: 5 };
  if (kind === "early") return { body: whole(id, "big") };
  return METHODS[kind] === "GET" || METHODS[kind] === "HEAD" ? {} : { body: whole(id, kind) };
}

/** Statuses of servers that are busy, closing or cut off from others, and of clients that are too slow. */
const refusals: ReadonlySet<number> = new Set([408, 500, 502, 503]);

/** The text that a response must have. */
function expectedText({ id, kind }: Order): string {
  if (kind === "head") return "";
  return kind === "json" ? JSON.stringify({ id, text: whole(id, kind) }) : whole(id, kind);
}

async function checked(order: Order, response: HttpResponse): Promise<void> {
  const { id, kind, use } = order;
  const { status } = response;
  if (refusals.has(status)) {
    await response.text();
    return;
  }
  assert.equal(status, STATUS[kind] ?? 200, `status of ${id}`);
  if (use === "closed" || use === "left") return;
  const expected = expectedText(order);
  const text = use === "whole" ? await response.text() : await readBits(response, use === "first piece");
  const fits = use === "first piece" ? expected.startsWith(text) : text === expected;
  assert.ok(fits, `${id} was answered with ${text.slice(0, 100)} ... ${text.slice(-100)}`);
}

/** Reads a body piece by piece, and takes its time; or only the first piece of it. */
async function readBits(response: HttpResponse, isFirstOnly: boolean): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (isFirstOnly) break;
    await sleep(3);
  }
  return text;
}

async function place(http: HttpClient, order: Order): Promise<number> {
  const path = `/${order.kind}/${order.id}`;
  const response = await http.request(METHODS[order.kind], path, optionsFor(order));
  try {
    await checked(order, response);
  } finally {
    if (order.use !== "left") await response.close();
  }
  return response.status;
}

async function outcomeOf(http: HttpClient, order: Order, who: Customer): Promise<Outcome> {
  who.open++;
  try {
    return { status: await withTimeout(order.patienceMs, () => place(http, order)) };
  } catch (error) {
    const code = brandOf(error) ?? "";
    if (!EXPECTED.has(code)) throw error;
    return { code, error: error as Error & Partial<HttpRequestError> };
  } finally {
    who.open--;
  }
}

/** Makes all requests with one client, and closes it when all have an end, or when `closing` resolves. */
export async function shopping(
  t: Simulation,
  who: Customer,
  options: HttpClientOptions,
  closing: (() => Promise<unknown>) | null,
): Promise<void> {
  await using http = new HttpClient({ baseUrl: "http://shop", ...options });
  const most = options.maxConnections ?? 100;
  t.invariant(() => {
    const { open, idle, connecting, waiting } = http.stats();
    const fits = open <= most && idle + connecting <= open && waiting <= who.open;
    assert.ok(fits, `the pool has ${JSON.stringify(http.stats())} for ${who.open} requests`);
  });
  await withTaskGroup((group) => {
    for (const order of who.orders) {
      group.spawn(order.id, async () => {
        await sleep(order.atMs);
        who.outcomes.set(order.id, await outcomeOf(http, order, who));
      });
    }
    if (closing !== null) {
      group.spawnService("closer", async () => {
        await closing();
        await http.close();
      });
    }
  });
  await http.close();
  assert.deepEqual(http.stats(), { open: 0, idle: 0, connecting: 0, waiting: 0 });
}

/** What holds of each request, whatever became of it. */
export function checkOutcomes(ledger: Ledger, { orders, outcomes }: Customer): void {
  for (const { id, kind } of orders) {
    const runs = ledger.runsOf(id);
    if (!isIdempotent(kind)) assert.ok(runs <= 1, `${id} was handled ${runs} times`);
    const outcome = outcomes.get(id);
    if (outcome === undefined || !("status" in outcome)) continue;
    if (!refusals.has(outcome.status)) assert.ok(runs >= 1, `${id} was answered by nobody`);
    if (outcome.status === 500)
      assert.ok(ledger.mayThrow || ledger.threw.has(id), `${id} was answered with 500`);
    else assert.notEqual(kind === "fail" && outcome.status < 400, true, `${id} did not fail`);
  }
}

export function isIdempotent(kind: Kind): boolean {
  return METHODS[kind] !== "POST";
}
