/**
 * What the client tells about its work, for whoever listens: on the platform's `diagnostics_channel`, under `tsyncio:http.client.` and the
 * name of the event. Where nobody has subscribed it costs a look at one field.
 *
 * | event | when |
 * |---|---|
 * | `start` | a request is handed to the client's core: each redirect and each retry is one of its own |
 * | `queued` | it waits for a connection, because a limit is reached |
 * | `connect`, `connected` | a connection is opened for it, and is there, with its TLS |
 * | `sent` | the last byte of it has been handed to the connection |
 * | `head` | the head of the response is there |
 * | `end` | the last byte of the body is there |
 * | `failed` | it came to nothing |
 */
import { httpPlatform, type TraceChannel } from "../../platform.ts";

/** What happens to a request. */
export type ClientEvent =
  | "start"
  | "queued"
  | "connect"
  | "connected"
  | "sent"
  | "head"
  | "end"
  | "failed";

/**
 * What is told of an event, on the channel `tsyncio:http.client.` and its name: `start`, `queued`, `connect`, `connected`, `sent`, `head`, `end`,
 * `failed`. Each redirect and each retry is a request of its own. Listeners are called at once, in the midst of the client's work.
 *
 * @example
 * import { subscribe } from "node:diagnostics_channel";
 * import { HttpClient, serve, type ClientTrace } from "tsyncio/http";
 * subscribe("tsyncio:http.client.head", (trace) => {
 *   const { method, status } = trace as ClientTrace;
 *   console.log(method, status);
 * });
 * await using server = await serve(() => "hello", { host: "127.0.0.1" });
 * await using http = new HttpClient();
 * await http.get(server.url).text();
 * // GET 200
 */
export interface ClientTrace {
  readonly method: string;
  /** Without name and password. */
  readonly url: string;
  readonly attempt: number;
  /** When it happened, by the runtime's monotonic clock. */
  readonly atMs: number;
  /** With `head` and `end`. */
  readonly status?: number;
  /** With `sent`: whether the connection had been kept: see `RequestTimings.isReused`. */
  readonly isReused?: boolean;
  /** With `failed`. */
  readonly error?: unknown;
}

/** A channel for each event. */
export type ClientChannels = Readonly<Record<ClientEvent, TraceChannel>>;

let channels: ClientChannels | null = null;

/** The channels, each with `hasSubscribers`: look at it before anything is made for `publish`. */
export function clientChannels(): ClientChannels {
  return (channels ??= {
    start: named("start"),
    queued: named("queued"),
    connect: named("connect"),
    connected: named("connected"),
    sent: named("sent"),
    head: named("head"),
    end: named("end"),
    failed: named("failed"),
  });
}

function named(event: ClientEvent): TraceChannel {
  return httpPlatform().traceChannel(`tsyncio:http.client.${event}`);
}
