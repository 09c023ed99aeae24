import { checkFunction } from "../../../base/check.ts";
import { currentScope } from "../../../kernel/current.ts";
import type { ClientRequest, Middleware, Send } from "../exchange.ts";
import type { HttpResponse } from "../response.ts";
import { checkKnown } from "../../check-options.ts";
import { forEachStep } from "./assemble.ts";

/** What became of a request, as {@link logRequests} tells it. */
export interface RequestLogEntry {
  /** `GET http://example.com/ 200 in 12 ms`: for people. */
  readonly text: string;
  readonly method: string;
  /** Without name and password. */
  readonly url: string;
  /** 1 for the first time it was sent. */
  readonly attempt: number;
  /** Null where there was no response. */
  readonly status: number | null;
  /** From the call to the head of the response, in milliseconds. */
  readonly durationMs: number;
  /** Why there was no response; null where there was one. */
  readonly error: unknown;
}

/** Where entries go. */
export interface LogRequestsOptions {
  /** Default: the runtime's `log`, at its level `"info"`, with the code `TSY_HTTP_REQUEST`. */
  readonly log?: (entry: RequestLogEntry) => void;
}

/**
 * Middleware that tells of each request, redirects and retries included, what became of it: once the head of its response is there, or it
 * has failed.
 *
 * @example
 * import { HttpClient, logRequests, serve } from "tsyncio/http";
 * const seen: string[] = [];
 * await using server = await serve(() => "hello");
 * await using http = new HttpClient({ middleware: [logRequests({ log: ({ method, status }) => seen.push(`${method} ${status}`) })] });
 * await http.get(server.url).text();
 * console.log(seen.join()); // GET 200
 */
export function logRequests(options: LogRequestsOptions = {}): Middleware {
  checkKnown("logRequests", options, names);
  const { log = toRuntime } = options;
  checkFunction("log of logRequests", log);
  return forEachStep((request, next) => logged(request, next, log));
}

const names: ReadonlySet<string> = new Set(["log"]);

async function logged(
  request: ClientRequest,
  next: Send,
  log: (entry: RequestLogEntry) => void,
): Promise<HttpResponse> {
  const { host } = currentScope().engine;
  const startedAt = host.now();
  let response: HttpResponse;
  try {
    response = await next(request);
  } catch (error) {
    log(entryOf(request, host.now() - startedAt, null, error));
    throw error;
  }
  log(entryOf(request, host.now() - startedAt, response.status, null));
  return response;
}

function entryOf(
  { method, url, attempt }: ClientRequest,
  durationMs: number,
  status: number | null,
  error: unknown,
): RequestLogEntry {
  const { href } = url;
  const again = attempt === 1 ? "" : ` (attempt ${attempt})`;
  const outcome =
    status === null
      ? `failed after ${ms(durationMs)}: ${reason(error)}`
      : `${status} in ${ms(durationMs)}`;
  return {
    text: `${method} ${href}${again} ${outcome}`,
    method,
    url: href,
    attempt,
    status,
    durationMs,
    error,
  };
}

function ms(duration: number): string {
  return `${duration < 10 ? duration.toFixed(1) : Math.round(duration)} ms`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function toRuntime({ text }: RequestLogEntry): void {
  currentScope().engine.log({ level: "info", code: "TSY_HTTP_REQUEST", message: text });
}
