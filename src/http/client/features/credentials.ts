/** What vouches for a sender: the fields that carry it, and how `user:password` and tokens are written into them. */
import { show } from "../../../base/check.ts";
import { InvalidArgument } from "../../../base/tsyncio-error.ts";

/** A user's name and password. */
export interface UserPassword {
  readonly user: string;
  readonly password: string;
}

/** The fields that one origin must not learn of another, in lower case. */
const credentialFields: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "cookie2",
  "proxy-authorization",
]);

/** Whether a field vouches for the sender: it stays with the origin it was meant for. */
export function isCredentialField(name: string): boolean {
  return credentialFields.has(name.toLowerCase());
}

/**
 * The value of an `Authorization` field by the Basic scheme (RFC 7617), in UTF-8.
 *
 * @throws {InvalidArgument} for a name with a colon, and for control characters. No message shows the password.
 */
export function basicCredentials({ user, password }: UserPassword): string {
  if (typeof user !== "string" || user.includes(":") || hasControls(user))
    throw new InvalidArgument(
      `the user name for Basic authentication is ${show(user)}. Give a string without colons and control characters.`,
    );
  if (typeof password !== "string" || hasControls(password))
    throw new InvalidArgument(
      `the password of ${show(user)} for Basic authentication has control characters, or is no string. Give a string without them.`,
    );
  return `Basic ${base64(`${user}:${password}`)}`;
}

/**
 * The value of an `Authorization` field by the Bearer scheme (RFC 6750).
 *
 * @throws {InvalidArgument} for what is no token. The message does not show it.
 */
export function bearerCredentials(token: string): string {
  if (typeof token !== "string" || !/^[\w.~+/-]+=*$/.test(token))
    throw new InvalidArgument(
      "the bearer token is empty, no string, or has other characters than letters, digits and -._~+/ (and = at its end). " +
        "Give the token alone, without its scheme.",
    );
  return `Bearer ${token}`;
}

/** The name and password in a URL, percent-decoded; null where it has neither. */
export function userInfoOf(url: URL): UserPassword | null {
  if (url.username === "" && url.password === "") return null;
  return { user: percentDecoded(url.username), password: percentDecoded(url.password) };
}

/** A URL for people: without name and password. */
export function withoutUserInfo(url: URL): URL {
  if (url.username === "" && url.password === "") return url;
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hasControls(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return /[\u0000-\u001f\u007f]/.test(text);
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
