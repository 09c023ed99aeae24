/** The entry of `tsyncio/http`: an HTTP client and a server. It re-exports, and puts the platform beneath them. */
import "./host/install.ts";
import "./host/install-io.ts";
import "./host/install-http.ts";
import "./host/install-threads.ts";

// wire
export { HttpHeaders, type HeadersInit } from "./http/wire/fields.ts";
export { BodyLengthMismatch, HttpProtocolError } from "./http/wire/errors.ts";
export type { WireRule } from "./http/wire/rules.ts";
export type { WireLimits } from "./http/wire/limits.ts";

// body
export {
  BodyInvalid,
  BodyTooLarge,
  BodyUsed,
  ContentCodingFailed,
  type BodyFault,
  type ContentCodingFault,
} from "./http/body/errors.ts";
export type { BodyLimit } from "./http/body/body-limit.ts";
export type { IncomingBody } from "./http/body/incoming-body.ts";
export { Multipart, type MultipartOptions } from "./http/body/multipart.ts";
export {
  formBody,
  jsonBody,
  outgoingBody,
  type BodyInit,
  type BodyLike,
  type FormFields,
  type OutgoingBody,
} from "./http/body/outgoing-body.ts";
export type { PartOptions } from "./http/body/part-head.ts";
export type { StandardIssue, StandardResult, StandardSchema } from "./http/body/standard-schema.ts";

// client/features
export { CookieJar, CookiesInvalid, type Cookie } from "./http/client/features/cookie-jar.ts";
export { forEachStep } from "./http/client/features/assemble.ts";
export { limitPerOrigin } from "./http/client/features/limit-per-origin.ts";
export type { OriginLimitsOptions, OriginRate } from "./http/client/features/origin-limits.ts";
export {
  logRequests,
  type LogRequestsOptions,
  type RequestLogEntry,
} from "./http/client/features/log-requests.ts";
export type {
  MockCall,
  MockPattern,
  MockReply,
  MockResponse,
} from "./http/client/features/mock-routes.ts";
export { MockTransport, NoMockRoute } from "./http/client/features/mock-transport.ts";
export { ProxyFailed } from "./http/client/features/proxy-errors.ts";
export { RedirectRefused, TooManyRedirects } from "./http/client/features/redirect-errors.ts";
export type { RetryBudgetOptions } from "./http/client/features/retry-budget.ts";
export type { Failure, RetryRequestsOptions } from "./http/client/features/retry-policy.ts";
export { retryRequests } from "./http/client/features/retry-requests.ts";
export type { ClientEvent, ClientTrace } from "./http/client/features/tracing.ts";

// client
export { HttpClient, type HttpClientStats } from "./http/client/http-client.ts";
export {
  ClientRequest,
  type CookieStore,
  type Credentials,
  type ExchangeOptions,
  type HttpClientOptions,
  type Middleware,
  type ProxyOptions,
  type QueryValue,
  type RequestChanges,
  type RequestOptions,
  type ResolvedOptions,
  type Send,
} from "./http/client/exchange.ts";
export {
  HttpRequestError,
  HttpRequestFailed,
  HttpTimeout,
  StatusError,
  type RequestFacts,
  type RequestLimit,
  type RequestPhase,
  type RequestTimings,
  type StatusDetails,
} from "./http/client/request-errors.ts";
export { RequestHeaders } from "./http/client/request-headers.ts";
export { HttpResponse } from "./http/client/response.ts";
export { ResponsePromise } from "./http/client/response-promise.ts";
export { Target, type UrlCredentials } from "./http/client/target.ts";

// server
export { HttpError } from "./http/server/http-error.ts";
export type { CloseReport, HttpServer, HttpServerStats } from "./http/server/http-server.ts";
export type { Handler, ServeOptions } from "./http/server/options.ts";
export type { ProxyHeader, TrustedProxies } from "./http/server/proxy-trust.ts";
export {
  reply,
  type HttpReply,
  type JsonValue,
  type Reply,
  type ReplyBody,
  type ReplyOptions,
} from "./http/server/reply.ts";
export type { HttpRequest } from "./http/server/request.ts";
export { serve } from "./http/server/serve.ts";

// server/adapters
export type { AdapterOptions } from "./http/server/adapters/adapter-core.ts";
export { toFetch, type FetchHandler } from "./http/server/adapters/fetch-handler.ts";
export { toNodeHandler, type NodeHandler } from "./http/server/adapters/node-handler.ts";
export type { NodeRequest, NodeResponse } from "./http/server/adapters/node-messages.ts";
export {
  HttpThreads,
  type HttpThreadsStats,
  type ThreadsCloseReport,
} from "./http/server/threads/http-threads.ts";
export { serveThreads, type ServeThreadsOptions } from "./http/server/threads/serve-threads.ts";
