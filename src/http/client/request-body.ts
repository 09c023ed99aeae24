/** What the options of a request make of its URL and its body. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { formBody, jsonBody, outgoingBody, type OutgoingBody } from "../body/outgoing-body.ts";
import type { RequestOptions } from "./exchange.ts";
import { Target } from "./target.ts";

/** @throws {InvalidArgument} */
export function bodyOf({ body, json, form }: RequestOptions): OutgoingBody | null {
  const given = Number(body !== undefined) + Number(json !== undefined) + Number(form !== undefined);
  if (given > 1)
    throw new InvalidArgument("a request has more than one of body, json and form. Give one of them.");
  if (json !== undefined) return jsonBody(json);
  if (form !== undefined) return formBody(form);
  return body === undefined ? null : outgoingBody(body);
}

/** A target with the parameters of the option `query` behind its own. */
export function withQuery(target: Target, { query }: RequestOptions): Target {
  if (query === undefined) return target;
  if (typeof query !== "object" || query === null)
    throw new InvalidArgument(
      `query of a request is ${show(query)}. Give a record, pairs, or URLSearchParams.`,
    );
  const added = new URLSearchParams();
  for (const [name, value] of pairsOf(query)) added.append(name, textOf(name, value));
  if (added.size === 0) return target;
  const url = new URL(target.url);
  // What the URL has stays as it is written: a signature may depend on it.
  url.search = url.search === "" ? String(added) : `${url.search}&${String(added)}`;
  return new Target(url);
}

function* pairsOf(query: NonNullable<RequestOptions["query"]>): Generator<[string, unknown]> {
  if (Symbol.iterator in query) {
    for (const pair of query as Iterable<unknown>) {
      if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string")
        throw new InvalidArgument(
          `query of a request has the item ${show(pair)}. Give pairs of name and value.`,
        );
      yield pair as [string, unknown];
    }
    return;
  }
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) yield [name, each];
  }
}

function textOf(name: string, value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  throw new InvalidArgument(
    `query of a request has ${show(value)} for ${show(name)}. Give a string, number or boolean; undefined leaves the parameter away.`,
  );
}

/** `promise`; when it fails, a stream that was not begun is told that nobody will. The failure is that of the promise returned alone. */
export async function disposing<T>(promise: Promise<T>, body: OutgoingBody): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    body.dispose();
    throw error;
  }
}
