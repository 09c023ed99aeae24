/** Why a page could not be fetched, in words that say what to do. */
import { TimeoutError } from "../kernel/errors.ts";
import { formatBytes } from "./figures.ts";
import { printable } from "./terminal.ts";

export interface FetchFailure {
  readonly kind:
    | "refused"
    | "name"
    | "closed"
    | "unreachable"
    | "tls"
    | "not-http"
    | "redirects"
    | "timeout"
    | "other";
  readonly message: string;
  /** Whether another attempt may succeed: the connection was lost or never made, or it took too long. */
  readonly transient: boolean;
}

/** A rule recognises the codes of Node and Bun, and the words of Deno, which has none. */
interface Rule {
  readonly kind: FetchFailure["kind"];
  readonly pattern: RegExp;
  readonly transient: boolean;
  readonly words: (at: Place, detail: string) => string;
}

interface Place {
  /** `example.com:443`. */
  readonly server: string;
  readonly hostname: string;
}

const rules: readonly Rule[] = [
  {
    kind: "refused",
    pattern: /ECONNREFUSED|Connection refused/,
    transient: true,
    words: ({ server }) => `connection refused by ${server}: is a server running there?`,
  },
  {
    kind: "name",
    pattern: /EAI_AGAIN/,
    transient: true,
    words: ({ hostname }) => `no name server answers for "${hostname}": is the network up?`,
  },
  {
    kind: "name",
    pattern: /ENOTFOUND|dns error/,
    transient: false,
    words: ({ hostname }) => `there is no host named "${hostname}": is it spelled right?`,
  },
  {
    kind: "tls",
    pattern: /CERT|SIGNATURE|ERR_SSL|ERR_TLS|EPROTO|certificate|TLS|InvalidContentType/,
    transient: false,
    words: ({ server }, detail) => `no secure connection to ${server}: ${detail}`,
  },
  {
    kind: "not-http",
    pattern: /HTTPParserError|HPE_|Malformed_HTTP|HTTP\/1\.1 protocol|invalid HTTP/,
    transient: false,
    words: ({ server }) => `${server} answered with something that is not HTTP`,
  },
  {
    kind: "unreachable",
    pattern: /EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|unreachable/,
    transient: true,
    words: ({ server }) => `${server} cannot be reached: is it up, and does a firewall let you through?`,
  },
  {
    kind: "closed",
    pattern: /ECONNRESET|EPIPE|UND_ERR_SOCKET|closed before message|reading a body|other side closed/,
    transient: true,
    words: ({ server }) => `${server} closed the connection before its answer was complete`,
  },
  {
    kind: "other",
    pattern: /bad port|Requests to port \d+ are blocked/,
    transient: false,
    words: ({ server }) => `fetch does not go to ${server}: the port belongs to another protocol`,
  },
  {
    kind: "redirects",
    pattern: /redirect/i,
    transient: false,
    words: ({ server }) => `${server} redirects in a circle, or too many times`,
  },
];

/** What is said of certificates that are refused most often; for others the platform's own words are. */
const tlsDetails: readonly (readonly [RegExp, string])[] = [
  [/SELF_SIGNED/, "its certificate is self-signed"],
  [/HAS_EXPIRED/, "its certificate has expired"],
  [/ALTNAME/, "its certificate is for another name"],
  [/UNABLE_TO_(VERIFY|GET)/, "its certificate comes from an authority that is not known here"],
  [
    /WRONG_VERSION|InvalidContentType|EPROTO/,
    "it does not speak TLS on this port; is it http:// that you mean?",
  ],
];

export function describeFailure(
  error: unknown,
  url: URL,
  bytes: number,
  timeoutMs: number,
): FetchFailure {
  if (error instanceof TimeoutError) {
    const got = bytes === 0 ? "no answer" : `only ${formatBytes(bytes)} of the answer came`;
    return { kind: "timeout", message: `${got} within ${timeoutMs} ms`, transient: true };
  }
  const causes = causesOf(error);
  const text = causes.map(({ name, code, message }) => `${name} ${code} ${message}`).join("\n");
  const innermost = printable(causes.at(-1)?.message ?? String(error));
  const rule = rules.find(({ pattern }) => pattern.test(text));
  if (rule === undefined) return { kind: "other", message: innermost, transient: false };
  const detail =
    rule.kind === "tls" ? (tlsDetails.find(([pattern]) => pattern.test(text))?.[1] ?? innermost) : "";
  return {
    kind: rule.kind,
    message: rule.words(placeOf(url, causes), detail),
    transient: rule.transient,
  };
}

interface Cause {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** The error and what is behind it; of several errors (one for each address of a host) the first. */
function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  for (let next: unknown = error; next instanceof Error && causes.length < 8;) {
    const { code, address, port } = next as Error & Partial<Cause>;
    causes.push({ name: next.name, code: String(code ?? ""), message: next.message, address, port });
    next = next.cause ?? (next as Partial<AggregateError>).errors?.[0];
  }
  return causes;
}

/** Where the connection was to go: the URL's server, or the one that a redirect led to. */
function placeOf(url: URL, causes: readonly Cause[]): Place {
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  const reached = causes.find((cause) => cause.address !== undefined && cause.port !== undefined);
  const elsewhere = reached !== undefined && String(reached.port) !== port;
  const server = elsewhere ? `${reached.address}:${reached.port}` : `${url.hostname}:${port}`;
  const missing = causes.map(({ message }) => /getaddrinfo \S+ (\S+)/.exec(message)?.[1]).find(Boolean);
  return { server, hostname: missing ?? url.hostname };
}
