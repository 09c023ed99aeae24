/** Requests that servers are measured with, and the answer that each must give. */
import { request as startRequest, type IncomingMessage } from "node:http";
import { greeting, record } from "../../plain/http/work.ts";

export interface Workload {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Besides `Host`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly connections: number;
  readonly type: "text/plain" | "application/json";
  /** A text, or what the JSON of the answer must be equal to. */
  readonly answer: unknown;
}

const get = {
  method: "GET",
  headers: {},
  body: null,
  connections: 64,
  type: "text/plain",
  answer: greeting,
} as const;

export const hello: Workload = { ...get, path: "/hello" };

/** What a browser sends when it follows a link of a site that it knows: with `Host` 14 headers, some 900 bytes. */
const browserHeaders = {
  "sec-ch-ua": '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
  "sec-ch-ua-mobile": "?0",
  "sec-ch-ua-platform": '"Linux"',
  "Upgrade-Insecure-Requests": "1",
  "User-Agent":
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  Accept:
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
  "Sec-Fetch-Site": "same-origin",
  "Sec-Fetch-Mode": "navigate",
  "Sec-Fetch-Dest": "document",
  Referer: "https://shop.example.org/catalogue/garden/tools?page=2&sort=price",
  "Accept-Encoding": "gzip, deflate, br, zstd",
  "Accept-Language": "en-GB,en;q=0.9,de-DE;q=0.8,de;q=0.7",
  Cookie:
    "session=6f1d2c9be0a84f6f9a3c1f5d7e8b2a40; consent=necessary%2Cstatistics; basket=41873.2%7C50211.1; theme=dark",
};

export const browser: Workload = { ...hello, headers: browserHeaders };
export const json: Workload = { ...get, path: "/json", type: "application/json", answer: record() };
export const timer: Workload = { ...get, path: "/timer", connections: 256 };

/** 1 KiB of JSON, as `JSON.stringify` writes it. */
function orderText(): string {
  const lines = Array.from({ length: 12 }, (_, at) => ({
    amount: at + 1,
    article: `article-${at}`,
    price: 995 + at,
  }));
  const order = { customer: "Ada Lovelace", lines, note: "", urgent: false };
  return JSON.stringify({ ...order, note: "x".repeat(1_024 - JSON.stringify(order).length) });
}

const order = orderText();

export const post: Workload = {
  ...get,
  method: "POST",
  path: "/echo",
  headers: { "Content-Type": "application/json" },
  body: order,
  type: "application/json",
  answer: JSON.parse(order),
};

/** @throws {Error} that says what is wrong with a server's answer. */
export async function checkAnswer(port: number, workload: Workload): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    const { response, text } = await ask(port, workload);
    const type = response.headers["content-type"] ?? "";
    if (response.statusCode !== 200) throw new Error(`it answers ${response.statusCode}: ${text}`);
    if (!type.startsWith(workload.type)) throw new Error(`it answers with the type "${type}"`);
    if (response.headers.connection === "close") throw new Error("it closes the connection");
    const isRight =
      typeof workload.answer === "string"
        ? text === workload.answer
        : sorted(JSON.parse(text)) === sorted(workload.answer);
    if (!isRight) throw new Error(`it answers ${text.slice(0, 200)}`);
  }
}

async function ask(
  port: number,
  { method, path, headers, body }: Workload,
): Promise<{ response: IncomingMessage; text: string }> {
  const length = body === null ? {} : { "Content-Length": Buffer.byteLength(body) };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = { host: "127.0.0.1", port, method, path, headers: { ...headers, ...length } };
  const request = startRequest({ ...options, agent: false }, resolve).on("error", reject);
  request.setHeader("Connection", "keep-alive");
  request.end(body ?? undefined);
  const response = await promise;
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk as string;
  request.destroy();
  return { response, text };
}

/** A value's JSON with the keys in their order, which a server may change. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
