/**
 * Where a response sends a request next. Pure: no I/O, no state; the loop that acts on it is in redirects.ts.
 *
 * Rules (RFC 9110, section 15.4, and what browsers do where it leaves a choice)
 * - 301, 302, 303, 307 and 308 with a `Location` are followed. 300, 304 and 305 are answers like any other.
 * - 303 makes a GET of everything but a HEAD; 301 and 302 make a GET of a POST. The body goes then, with all fields about it.
 *   In all other cases the method stays, and the body is sent again if it can be.
 * - From https to http none is followed.
 * - A fragment is kept where `Location` has none.
 * - Name and password in the URL are kept within an origin and never carried to another.
 * - Fields that vouch for the sender go with the first step to another origin, however often they are repeated. http and https of one
 *   host are two origins: the bytes pass over another wire.
 *
 * Rejected: remembering which URLs were visited. A server that sets a cookie and redirects to the same place is no loop; the limit
 * ends the real ones.
 */
import { basicCredentials, withoutUserInfo } from "./credentials.ts";

/** What the decision needs to know of a request. */
export interface RedirectedRequest {
  readonly method: string;
  readonly url: URL;
  /** Null without a body. */
  readonly isBodyRepeatable: boolean | null;
}

export type RedirectStep =
  | { readonly kind: "stay" }
  | { readonly kind: "refuse"; readonly why: string }
  | {
      readonly kind: "go";
      readonly url: URL;
      readonly method: string;
      /** Whether body and fields about it are left behind. */
      readonly dropsBody: boolean;
      /** Whether fields that vouch for the sender are left behind. */
      readonly changesOrigin: boolean;
    };

const stay: RedirectStep = { kind: "stay" };

/** `locations`: the values of all `Location` fields of the response, a character for each byte. */
export function redirectStep(
  request: RedirectedRequest,
  status: number,
  locations: readonly string[],
): RedirectStep {
  const [location = "", ...others] = locations;
  if (!isRedirect(status) || location === "") return stay;
  if (others.some((other) => other !== location))
    return refuse(`the response has ${locations.length} different Location fields`);
  const url = resolved(location, request.url);
  if (typeof url === "string") return refuse(url);
  if (url.protocol === "http:" && request.url.protocol === "https:")
    return refuse("it leads from https to http, where everybody on the way can read what is sent");
  const method = methodAfter(status, request.method);
  const dropsBody = method !== request.method;
  if (!dropsBody && request.isBodyRepeatable === false)
    return refuse(`a ${status} asks for the body again, and a body that is a stream can be sent once`);
  return { kind: "go", url, method, dropsBody, changesOrigin: url.origin !== request.url.origin };
}

/** Fields that are about a body, in lower case: they go with it. */
const bodyFields: ReadonlySet<string> = new Set([
  "content-digest",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
  "digest",
  "expect",
  "repr-digest",
  "trailer",
  "transfer-encoding",
]);

/** Whether a field says something about a body. */
export function isBodyField(name: string): boolean {
  return bodyFields.has(name.toLowerCase());
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function methodAfter(status: number, method: string): string {
  if (status === 303) return method === "HEAD" ? "HEAD" : "GET";
  if (status === 301 || status === 302) return method === "POST" ? "GET" : method;
  return method;
}

/** The URL that a `Location` means, or why it means none. */
function resolved(location: string, from: URL): URL | string {
  let url: URL;
  try {
    url = new URL(decoded(location), from);
  } catch {
    return "its Location is no URL";
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return `its Location has the scheme "${url.protocol}"`;
  if (url.port === "0" || !canBeSent(url))
    return "its Location has a port, or a user name, that nobody can have";
  if (url.hash === "") url.hash = from.hash;
  if (url.origin === from.origin && url.username === "" && url.password === "") {
    url.username = from.username;
    url.password = from.password;
  }
  return url;
}

/** Whether the URL names nobody, or somebody whom Basic authentication can name. */
function canBeSent({ username, password }: URL): boolean {
  if (username === "" && password === "") return true;
  try {
    basicCredentials({ user: decodeURIComponent(username), password: decodeURIComponent(password) });
    return true;
  } catch {
    return false;
  }
}

/** Servers write bytes beyond ASCII as they have them: UTF-8 where it can be read as such, else Latin-1. */
function decoded(location: string): string {
  if (!/[\u0080-\u00ff]/.test(location)) return location;
  const bytes = Uint8Array.from(location, (character) => character.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return location;
  }
}

function refuse(why: string): RedirectStep {
  return { kind: "refuse", why };
}

/** The way that was gone, for messages: without names and passwords, and short. */
export function wayOf(urls: readonly URL[]): string {
  const places = urls.map((url) => withoutUserInfo(url).href);
  const shown = places.length <= 4 ? places : [...places.slice(0, 2), "...", ...places.slice(-2)];
  const repeats = new Set(places).size < places.length;
  return `${shown.join(" -> ")}${repeats ? " (it goes in circles)" : ""}`;
}
