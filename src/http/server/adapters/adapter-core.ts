/** What both adapters share: their options, and the head of a request that another server has read. */
import { currentRuntime } from "../../../kernel/runtime.ts";
import { HttpHeaders } from "../../wire/fields.ts";
import type { RequestHead } from "../../wire/request-head.ts";
import { resolveTarget } from "../../wire/target.ts";
import { ServerCore } from "../core.ts";
import { planOf, type Handler, type ServeOptions } from "../options.ts";

/** What of a server's options has a meaning where another server does the rest. */
export type AdapterOptions = Pick<
  ServeOptions,
  | "accessLog"
  | "handlerGraceMs"
  | "handlerMs"
  | "maxBodyBytes"
  | "onError"
  | "proxyHeader"
  | "requestIdHeader"
  | "trustProxy"
>;

const adapterOptions: ReadonlySet<keyof AdapterOptions> = new Set<keyof AdapterOptions>([
  "accessLog",
  "handlerGraceMs",
  "handlerMs",
  "maxBodyBytes",
  "onError",
  "proxyHeader",
  "requestIdHeader",
  "trustProxy",
]);

/** Handlers run in the context of the caller, as tasks in the background of its runtime. */
export function adapterCore(caller: string, handler: Handler, options: AdapterOptions): ServerCore {
  const core = new ServerCore(planOf(caller, handler, options, adapterOptions));
  core.begin(currentRuntime().background, null);
  return core;
}

/** What another server tells of a request. */
export interface ForeignHead {
  readonly method: string;
  /** As the client wrote it. */
  readonly target: string;
  /** What of it is left for the handler, where a framework has taken a part of its path away. */
  readonly mountedTarget?: string;
  readonly version: 10 | 11;
  readonly fields: Iterable<readonly [string, string]>;
  /** Where the fields do not say it. */
  readonly host: string | null;
  readonly hasBody: boolean;
}

/**
 * @throws {HttpProtocolError} for a target that makes no sense, or is of another host than the field says.
 * @throws {InvalidArgument} for fields that the other server should not have let through.
 */
export function headOf(foreign: ForeignHead): RequestHead {
  const headers = headersOf(foreign.fields);
  const { method, target, mountedTarget = target } = foreign;
  const named = headers.get("host") ?? foreign.host;
  const { host } = resolveTarget(method, target, named);
  const { path } = resolveTarget(method, mountedTarget, named);
  const length = headers.get("content-length");
  return {
    method,
    target,
    version: foreign.version,
    headers,
    host,
    path,
    bodyBytes: foreign.hasBody ? (length !== null && /^\d{1,15}$/.test(length) ? Number(length) : -1) : 0,
    contentType: headers.get("content-type"),
    keepsAlive: false,
    expectsContinue: false,
    upgrade: null,
  };
}

/** Without the pseudo fields of HTTP/2. */
function headersOf(fields: ForeignHead["fields"]): HttpHeaders {
  const own = [...fields].filter(([name]) => !name.startsWith(":"));
  return HttpHeaders.from(own);
}
