/** Why a page could not be fetched, in words that say what to do. */
import { TooManyRedirects } from "../http/client/features/redirect-errors.ts";
import { HttpRequestError, HttpRequestFailed } from "../http/client/request-errors.ts";
import { HttpProtocolError } from "../http/wire/errors.ts";
import {
  ConnectFailed,
  ConnectionRefused,
  ConnectionReset,
  TlsFailed,
  UnknownHost,
} from "../io/errors.ts";
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

/** A rule recognises the codes of our errors, of which the innermost says most. */
interface Rule {
  readonly code: string;
  readonly kind: FetchFailure["kind"];
  readonly transient: boolean;
  readonly words: (at: Place, causes: readonly Cause[]) => string;
}

interface Place {
  /** `example.com:443`. */
  readonly server: string;
  readonly hostname: string;
}

const rules: readonly Rule[] = [
  {
    code: ConnectionRefused.code,
    kind: "refused",
    transient: true,
    words: ({ server }) => `connection refused by ${server}: is a server running there?`,
  },
  {
    code: "EAI_AGAIN",
    kind: "name",
    transient: true,
    words: ({ hostname }) => `no name server answers for "${hostname}": is the network up?`,
  },
  {
    code: UnknownHost.code,
    kind: "name",
    transient: false,
    words: ({ hostname }) => `there is no host named "${hostname}": is it spelled right?`,
  },
  {
    code: TlsFailed.code,
    kind: "tls",
    transient: false,
    words: ({ server }, causes) => `no secure connection to ${server}: ${tlsDetail(causes)}`,
  },
  {
    code: HttpProtocolError.code,
    kind: "not-http",
    transient: false,
    words: ({ server }) => `${server} answered with something that is not HTTP`,
  },
  {
    code: ConnectFailed.code,
    kind: "unreachable",
    transient: true,
    words: ({ server }) => `${server} cannot be reached: is it up, and does a firewall let you through?`,
  },
  {
    code: TooManyRedirects.code,
    kind: "redirects",
    transient: false,
    words: ({ server }) => `${server} redirects in a circle, or too many times`,
  },
];

const closed: Rule = {
  code: ConnectionReset.code,
  kind: "closed",
  transient: true,
  words: ({ server }) => `${server} closed the connection before its answer was complete`,
};

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
  const rule = ruleFor(causes);
  if (rule === undefined)
    return {
      kind: "other",
      message: printable(causes.at(-1)?.message ?? String(error)),
      transient: false,
    };
  const { kind, transient } = rule;
  return { kind, message: rule.words(placeOf(url, causes), causes), transient };
}

type Cause = Error & { readonly code?: unknown };

/** The error and what is behind it; of several errors (one for each address of a host) the first. */
function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  for (let next: unknown = error; next instanceof Error && causes.length < 8;) {
    causes.push(next);
    next = next.cause ?? (next as Partial<AggregateError>).errors?.[0];
  }
  return causes;
}

function ruleFor(causes: readonly Cause[]): Rule | undefined {
  const rule = rules.find(({ code }) => causes.some((cause) => cause.code === code));
  const failed = causes.find((cause) => cause instanceof HttpRequestFailed);
  const isCutOff = causes.some(
    (cause) => cause instanceof HttpProtocolError && cause.rule === "truncated",
  );
  // On a connection that stood nothing else can happen.
  const isLost = failed?.cause instanceof Error && rule === undefined && failed.wasSent;
  return isCutOff || isLost ? closed : rule;
}

function tlsDetail(causes: readonly Cause[]): string {
  const text = causes.map(({ code, message }) => `${String(code)} ${message}`).join("\n");
  const known = tlsDetails.find(([pattern]) => pattern.test(text))?.[1];
  return known ?? printable(causes.at(-1)?.message ?? "");
}

/** Where the connection was to go: the URL's server, or the one that a redirect led to. */
function placeOf(url: URL, causes: readonly Cause[]): Place {
  const request = causes.find((cause) => cause instanceof HttpRequestError);
  const { hostname, port, protocol } = request === undefined ? url : new URL(request.url);
  const server = `${hostname}:${port !== "" ? port : protocol === "https:" ? "443" : "80"}`;
  return { server, hostname };
}
