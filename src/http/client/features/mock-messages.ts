/** What a `MockTransport` remembers of a request, and what it makes of a reply. */
import { currentScope } from "../../../kernel/current.ts";
import { sleep } from "../../../flow/sleep.ts";
import type { OutgoingBody } from "../../body/outgoing-body.ts";
import { httpPlatform } from "../../platform.ts";
import { HttpHeaders } from "../../wire/fields.ts";
import { statusText } from "../../wire/status-text.ts";
import type { ClientRequest } from "../exchange.ts";
import { HttpRequestError, HttpRequestFailed, type RequestFacts } from "../request-errors.ts";
import { HttpResponse, type ResponseInit } from "../response.ts";
import type { MockCall, MockResponse } from "./mock-routes.ts";

/** The request as a mock remembers it, with its whole body. */
export async function callOf({ method, url, headers, body, attempt }: ClientRequest): Promise<MockCall> {
  const bytes = body === null ? new Uint8Array(0) : await bytesOf(body);
  return {
    method,
    url: url.href,
    headers: HttpHeaders.from(headers),
    bytes,
    get text(): string {
      return httpPlatform().utf8Text(bytes);
    },
    attempt,
  };
}

async function bytesOf(body: OutgoingBody): Promise<Uint8Array> {
  const { whole } = body;
  if (whole !== null) return typeof whole === "string" ? httpPlatform().utf8(whole) : whole.slice();
  await body.prepare();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks())
    chunks.push(
      typeof chunk === "string" ? httpPlatform().utf8(chunk) : new Uint8Array(chunk as Uint8Array),
    );
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function written(reply: string | Uint8Array | Error | MockResponse): MockResponse {
  if (typeof reply === "string" || reply instanceof Uint8Array) return { body: reply };
  return reply instanceof Error ? { error: reply } : reply;
}

/** What a reply comes to: the response, after its delay, or its error. */
export async function responseOf(
  given: string | Uint8Array | Error | MockResponse,
  request: ClientRequest,
  startedAt: number,
): Promise<HttpResponse> {
  const reply = written(given);
  if (reply.delayMs !== undefined) await sleep(reply.delayMs);
  const { error } = reply;
  const facts = factsOf(request, reply, startedAt);
  if (error === undefined) return HttpResponse.of({ ...partsOf(reply), facts });
  throw error instanceof HttpRequestError ? error : new HttpRequestFailed(facts, error);
}

function partsOf(reply: MockResponse): Omit<ResponseInit, "facts"> {
  const {
    status = 200,
    reason = statusText(status),
    headers: init = {},
    trailers,
    json,
    body = "",
  } = reply;
  const headers = [...HttpHeaders.from(init)];
  const parts = { status, reason, headers, ...(trailers === undefined ? {} : { trailers }) };
  if (json === undefined) return { ...parts, body };
  if (!headers.some(([name]) => name === "content-type"))
    headers.push(["content-type", "application/json"]);
  return { ...parts, body: JSON.stringify(json) };
}

export function factsOf(
  request: ClientRequest,
  { wasSent = true }: MockResponse,
  startedAt: number,
): RequestFacts {
  const headMs = currentScope().engine.host.now() - startedAt;
  const timings = { startedAt, connectionMs: 0, sentMs: 0, headMs, endMs: headMs, isReused: false };
  const { method, url, attempt } = request;
  return { method, url: url.href, attempt, phase: wasSent ? "head" : "connect", wasSent, timings };
}
