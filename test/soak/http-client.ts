/** A client of `http.test.ts`, in a process of its own: it asks for all kinds of things, in all kinds of ways, and checks what it gets. */
import assert from "node:assert/strict";
import process from "node:process";
import { sleep, withTaskGroup, withTimeoutOr } from "../../src/index.ts";
import { HttpClient } from "../../src/http.ts";
import { connect } from "../../src/io.ts";
import { holdings, type Holdings } from "./holdings.ts";
import { pieceOf, PIECES, PIECE_BYTES } from "./http-pieces.ts";

/** Make so many requests, and say what you hold when the client is closed again. */
export interface Order {
  readonly port: number;
  readonly requests: number;
  readonly seed: number;
}

export interface ClientReport {
  readonly holdings: Holdings;
  /** How often each kind was done. */
  readonly done: Readonly<Record<string, number>>;
}

const CONCURRENCY = 24;

interface Shop {
  readonly http: HttpClient;
  readonly port: number;
  readonly random: () => number;
}

async function* up(): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < PIECES; n++) {
    yield pieceOf(n);
    if (n % 8 === 7) await sleep(1);
  }
}

async function readDown({ http }: Shop, pauseMs: number, most: number): Promise<void> {
  await using response = await http.get("/down");
  let at = 0;
  for await (const chunk of response.body) {
    assert.equal(chunk[0], Math.floor(at / PIECE_BYTES) + 1);
    at += chunk.length;
    assert.equal(chunk.at(-1), Math.floor((at - 1) / PIECE_BYTES) + 1);
    if (at >= most) return;
    if (pauseMs > 0) await sleep(pauseMs);
  }
  assert.equal(at, PIECES * PIECE_BYTES);
}

/** A request that somebody writes by hand, and leaves. */
async function leave({ port }: Shop, text: string, ms: number): Promise<void> {
  const stream = await connect({ host: "127.0.0.1", port });
  await stream.write(text);
  if (ms > 0) await sleep(ms);
  stream.abort();
}

const HEAD = "Host: localhost\r\n\r\n";

const kinds: Readonly<Record<string, (shop: Shop, id: number) => Promise<unknown>>> = {
  get: async ({ http }, id) => assert.equal(await http.get(`/text?id=${id}`).text(), `text for ${id}`),
  json: async ({ http }, id) =>
    assert.deepEqual(await http.get("/json", { query: { id } }).json(), { id: `${id}`, list: [1, 2, 3] }),
  post: async ({ http }, id) =>
    assert.deepEqual(await http.post("/echo", { json: { id, text: "é".repeat(id % 500) } }).json(), {
      id,
      text: "é".repeat(id % 500),
    }),
  up: async ({ http }) =>
    assert.deepEqual(await http.post("/up", { body: up() }).json(), { bytes: PIECES * PIECE_BYTES }),
  down: (shop) => readDown(shop, 0, Infinity),
  slowly: (shop) => readDown(shop, 2, Infinity),
  abandoned: (shop) => readDown(shop, 0, 20_000),
  unread: async ({ http }) => assert.equal((await http.get("/big")).status, 200),
  early: async ({ http }) => {
    const body = new Uint8Array(300_000);
    // It is answered before it has come, and the rest is not taken: either can be what the client sees.
    await http
      .post("/early", { body })
      .text()
      .catch(() => {});
  },
  close: async ({ http }, id) => assert.equal(await http.get(`/close?id=${id}`).text(), `last for ${id}`),
  missing: async ({ http }) => assert.equal((await http.get("/nowhere")).status, 404),
  throws: async ({ http }) => assert.equal((await http.get("/throws")).status, 500),
  head: async ({ http }, id) => assert.equal(await http.head(`/text?id=${id}`).text(), ""),
  cancelled: ({ http, random }) => withTimeoutOr(random() * 20, () => http.get("/slow").text(), ""),
  "cancelled upload": ({ http, random }) =>
    withTimeoutOr(random() * 4, () => http.post("/up", { body: up() }).text(), ""),
  "left in the head": (shop) => leave(shop, "GET /text HTTP/1.1\r\nHo", 2),
  "left in the body": (shop) => leave(shop, `POST /up HTTP/1.1\r\nContent-Length: 9\r\n${HEAD}abc`, 2),
  "left in the handler": (shop) => leave(shop, `GET /slow HTTP/1.1\r\n${HEAD}`, 5),
  "left in the reply": (shop) => leave(shop, `GET /down HTTP/1.1\r\n${HEAD}`, 1),
  "no HTTP": (shop) => leave(shop, "what is this?\r\n\r\n", 1),
};

/** Small ones come more often. */
const drawn: readonly string[] = [
  ...Object.keys(kinds),
  ...Array.from({ length: 20 }, (_, n) => ["get", "json", "post", "get"][n % 4] ?? "get"),
];

/** Numbers from 0 to below 1, the same for a seed (Lehmer). */
function randomOf(seed: number): () => number {
  let state = seed + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

async function follow({ port, requests, seed }: Order): Promise<Record<string, number>> {
  const done: Record<string, number> = {};
  const random = randomOf(seed);
  await using http = new HttpClient({ baseUrl: `http://127.0.0.1:${port}`, maxConnections: 16 });
  const shop: Shop = { http, port, random };
  let next = 0;
  await withTaskGroup((group) => {
    for (let worker = 0; worker < CONCURRENCY; worker++) {
      group.spawn(`worker ${worker}`, async () => {
        while (next < requests) {
          const id = next++;
          const kind = drawn[Math.floor(random() * drawn.length)] ?? "get";
          // A task of its own: what it leaves unread ends with it.
          await group.spawn(kind, () => kinds[kind]?.(shop, id)).join();
          done[kind] = (done[kind] ?? 0) + 1;
        }
      });
    }
  });
  await http.close();
  assert.deepEqual(http.stats(), { open: 0, idle: 0, connecting: 0, waiting: 0 });
  return done;
}

process.on("disconnect", () => process.exit());
process.on("message", async (order: Order) => {
  const done = await follow(order);
  process.send?.({ holdings: await holdings(), done } satisfies ClientReport);
});
