/** Where a request goes: a URL, taken apart once. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { picture, pictured } from "../picture.ts";

/** The user name and password that a URL had. */
export interface UrlCredentials {
  readonly username: string;
  readonly password: string;
}

/** The last head without a body that was made for a target: a client asks for the same things over and over. */
class KnownHead {
  fields = "";
  method = "";
  text: string | Uint8Array = "";
}

/** A URL of http or https, taken apart once. Its texts are in their normal form, and have no control characters. */
export class Target {
  /** As it was parsed: with credentials and fragment. Nobody changes it. */
  readonly url: URL;
  readonly isSecure: boolean;
  /** A name or an IP address; one of IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Host, and port where it is not the scheme's: what the `Host` field says. */
  readonly authority: string;
  /** `https://example.com`: what decides whether two URLs are of one origin. */
  readonly origin: string;
  /** Path and query: what the request line says. */
  readonly path: string;
  /** The whole URL, without credentials and fragment. */
  readonly href: string;
  /** `#part` or nothing. It is never sent. */
  readonly fragment: string;
  readonly credentials: UrlCredentials | null;
  /** @internal */
  readonly knownHead: KnownHead = new KnownHead();

  /** `url` is one of http or https. */
  constructor(url: URL) {
    this.url = url;
    this.isSecure = url.protocol === "https:";
    this.host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
    this.port = url.port === "" ? (this.isSecure ? 443 : 80) : Number(url.port);
    this.authority = url.host;
    this.origin = `${url.protocol}//${url.host}`;
    this.path = url.pathname + url.search;
    this.href = this.origin + this.path;
    this.fragment = url.hash;
    this.credentials =
      url.username === "" && url.password === ""
        ? null
        : {
            username: decodeURIComponent(url.username),
            password: decodeURIComponent(url.password),
          };
  }

  /** The target of a link found at this one. */
  resolve(link: string): Target {
    return parseTarget(link, this);
  }

  toString(): string {
    return this.href;
  }
}

pictured(Target, ({ href }) => picture("Target", { href }));

/**
 * @throws {InvalidArgument} for what is no URL of http or https. A relative one needs a base.
 */
export function parseTarget(url: string | URL, base: Target | null): Target {
  if (typeof url !== "string" && !(url instanceof URL))
    throw new InvalidArgument(`the URL of a request is ${show(url)}. Give a string or a URL.`);
  const text = String(url);
  const parsed = base === null ? URL.parse(text) : URL.parse(text, base.url);
  if (parsed === null) {
    const advice =
      base === null && !/^[a-z][a-z\d+.-]*:/i.test(text)
        ? `It has no scheme: write "http://..." or "https://...", or give the client a baseUrl.`
        : "Write it as in http://example.com/path.";
    throw new InvalidArgument(`the URL of a request is ${show(withoutCredentials(text))}. ${advice}`);
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:")
    throw new InvalidArgument(
      `the URL of a request is ${show(withoutCredentials(text))}. Its scheme is ${show(parsed.protocol.slice(0, -1))}; give one of http or https.`,
    );
  if (parsed.port === "0")
    throw new InvalidArgument(
      `the URL of a request is ${show(withoutCredentials(text))}. Port 0 is no port that a server has.`,
    );
  return withDecodedCredentials(parsed, text);
}

function withDecodedCredentials(parsed: URL, text: string): Target {
  try {
    return new Target(parsed);
  } catch {
    throw new InvalidArgument(
      `the URL of a request is ${show(withoutCredentials(text))}. Its user name or password is not percent-encoded rightly.`,
    );
  }
}

/** A text that may be a URL, without what may be a secret in it: nobody knows how much of a wrong one is a password. */
function withoutCredentials(text: string): string {
  return text.replace(/^([^/\\:@]*:)?[/\\]*[^]*@/, "$1//***@");
}

/** How many URLs are remembered as they were taken apart. */
const MOST_TARGETS = 1_000;

/** URLs that were asked for, taken apart once: a client asks for the same ones over and over. */
export class Targets {
  /** What relative URLs are relative to. */
  readonly base: Target | null;
  readonly #known: Map<string, Target> = new Map();

  constructor(base: Target | null) {
    this.base = base;
  }

  /** @throws {InvalidArgument} */
  of(url: string | URL): Target {
    if (typeof url !== "string") return parseTarget(url, this.base);
    let target = this.#known.get(url);
    if (target !== undefined) return target;
    target = parseTarget(url, this.base);
    if (this.#known.size >= MOST_TARGETS) this.#known.clear();
    this.#known.set(url, target);
    return target;
  }
}
