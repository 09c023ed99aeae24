/**
 * Cookies: kept by `tough-cookie`, which knows the rules (RFC 6265bis) and the public suffixes.
 *
 * It is loaded when a jar is first used, not with the client: it takes longer to load than all the rest of HTTP. A jar does one thing
 * at a time, and none of it waits once the library is there.
 */
import type { Cookie as ToughCookie, CookieJar as ToughJar } from "tough-cookie";
import { show } from "../../../base/check.ts";
import { InvalidArgument, TsyncioError } from "../../../base/tsyncio-error.ts";
import { readText } from "../../../io/files/whole.ts";
import { replaceFile } from "../../../io/files/replace.ts";
import type { FilePath } from "../../../io/files/path.ts";
import { refusal } from "../../../kernel/park.ts";
import { until } from "../../../flow/until.ts";

/** A text was read that is no saved jar. */
export class CookiesInvalid extends TsyncioError {
  static readonly code = "TSY_COOKIES_INVALID";

  constructor(what: string, cause: unknown) {
    super(
      CookiesInvalid.code,
      `${what} holds no cookies: ${cause instanceof Error ? cause.message : String(cause)}. Give what jar.save() or jar.toText() has written.`,
      { cause },
    );
  }
}

/** A cookie, as a jar shows it. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly path: string;
  /** The instant of its end in milliseconds since 1970; null for one that is forgotten with the jar. */
  readonly expiresAt: number | null;
  readonly isSecure: boolean;
  readonly isHttpOnly: boolean;
}

/** As browsers do (RFC 6265bis, sections 5.6 and 6.1): longer cookies are not taken. */
const MAX_COOKIE_BYTES = 4_096;
/** And more cookies for one URL push out those that were not used for longest. */
const MAX_COOKIES_PER_URL = 180;

type Tough = typeof import("tough-cookie");
let loading: Promise<Tough> | null = null;

/** A wait that is given up leaves the loading as it is, for the next one. */
function loadTough(): Promise<Tough> {
  return until((loading ??= import("tough-cookie")));
}

/**
 * The cookies of a client: those that servers set are sent to them again, as browsers do it.
 *
 * One jar may serve several clients. Cookies are not sent to other domains, those marked `Secure` not in the clear, and a domain that
 * registers names for others (`co.uk`) can set none.
 *
 * @example
 * import { CookieJar } from "tsyncio/http";
 * const jar = new CookieJar();
 * await jar.setCookie("theme=dark; Path=/; Max-Age=3600", "https://shop.example/login");
 * console.log(await jar.getCookieString("https://shop.example/cart")); // theme=dark
 * console.log(await jar.getCookieString("https://other.example/")); //
 */
export class CookieJar {
  #jar: ToughJar | null = null;
  /** What is to be in it, until the library is there. */
  #saved: string | null = null;

  /**
   * A jar with what `toText` of another has written.
   *
   * @throws {CookiesInvalid} for any other text.
   */
  static async fromText(text: string): Promise<CookieJar> {
    if (typeof text !== "string")
      throw new InvalidArgument(`text of CookieJar.fromText is ${show(text)}. Give a string.`);
    return CookieJar.#restored("the text", text);
  }

  /**
   * A jar with what `save` of another has written into a file.
   *
   * Cancel safety: a cancelled call has done nothing.
   * @throws {FileError} when the file cannot be read.
   * @throws {CookiesInvalid} when it holds something else.
   */
  static async load(path: FilePath): Promise<CookieJar> {
    return CookieJar.#restored(`the file ${show(String(path))}`, await readText(path));
  }

  static async #restored(what: string, text: string): Promise<CookieJar> {
    const jar = new CookieJar();
    jar.#saved = text;
    try {
      await jar.#open();
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError)
        throw new CookiesInvalid(what, error);
      throw error;
    }
    return jar;
  }

  /**
   * Takes what a `Set-Cookie` field says, as if `url` had answered with it. What is malformed, or not the host's to set, is left out.
   *
   * Cancel safety: a cancelled call has set nothing.
   */
  async setCookie(cookie: string, url: string): Promise<void> {
    const jar = await this.#open();
    if (cookie.length > MAX_COOKIE_BYTES) return;
    jar.setCookieSync(cookie, url, { ignoreError: true });
    const all = jar.getCookiesSync(url, { expire: false, allPaths: true });
    if (all.length > MAX_COOKIES_PER_URL) dropOldest(jar, all);
  }

  /** The value of the `Cookie` field of a request to `url`; empty where there is none to send. */
  async getCookieString(url: string): Promise<string> {
    return (await this.#open()).getCookieStringSync(url);
  }

  /** The cookies that would be sent to `url`; without one, all that are kept. */
  async cookies(url?: string): Promise<Cookie[]> {
    const jar = await this.#open();
    if (url !== undefined) return jar.getCookiesSync(url).map(shown);
    const { cookies = [] } = jar.serializeSync() ?? {};
    const { Cookie } = await loadTough();
    return cookies.flatMap((saved) => {
      const cookie = Cookie.fromJSON(saved);
      return cookie === undefined ? [] : [shown(cookie)];
    });
  }

  /** Forgets all cookies. */
  async clear(): Promise<void> {
    (await this.#open()).removeAllCookiesSync();
  }

  /** All cookies as text, those that end with the jar as well: whoever reads it can act as their owner. */
  async toText(): Promise<string> {
    return JSON.stringify((await this.#open()).serializeSync());
  }

  /**
   * Writes all cookies into a file, which is replaced at once, and which nobody else may read where it is made new.
   *
   * Cancel safety: a cancelled call has changed nothing.
   * @throws {FileError} when the platform fails. The old file is as it was.
   */
  async save(path: FilePath): Promise<void> {
    const text = await this.toText();
    await replaceFile(path, async (file) => {
      await file.setPermissions(0o600);
      await file.write(text);
    });
  }

  async #open(): Promise<ToughJar> {
    const refused = refusal();
    if (refused !== null) return refused;
    if (this.#jar !== null) return this.#jar;
    const tough = await loadTough();
    // Another task may have come first meanwhile.
    if (this.#jar !== null) return this.#jar;
    const store = new tough.MemoryCookieStore();
    this.#jar =
      this.#saved === null
        ? new tough.CookieJar(store)
        : tough.CookieJar.deserializeSync(checkSaved(this.#saved), store);
    this.#saved = null;
    return this.#jar;
  }
}

function checkSaved(text: string): string {
  const saved: unknown = JSON.parse(text);
  if (
    typeof saved !== "object" ||
    saved === null ||
    !Array.isArray((saved as { cookies?: unknown }).cookies)
  )
    throw new TypeError("it has no list of cookies");
  return text;
}

function dropOldest(jar: ToughJar, cookies: readonly ToughCookie[]): void {
  const byUse = [...cookies].sort((a, b) => instantOf(a.lastAccessed) - instantOf(b.lastAccessed));
  for (const { domain, path, key } of byUse.slice(0, cookies.length - MAX_COOKIES_PER_URL))
    jar.store.removeCookie(domain ?? "", path ?? "/", key, () => {});
}

function instantOf(at: Date | "Infinity" | null | undefined): number {
  return at instanceof Date ? at.getTime() : 0;
}

function shown(cookie: ToughCookie): Cookie {
  const expires = cookie.expiryTime();
  return {
    name: cookie.key,
    value: cookie.value,
    domain: cookie.domain ?? "",
    path: cookie.path ?? "/",
    expiresAt: expires === undefined || expires === Infinity ? null : expires,
    isSecure: cookie.secure,
    isHttpOnly: cookie.httpOnly,
  };
}
