import type { ClientRequest } from "./exchange.ts";
import { clientChannels, type ClientEvent, type ClientTrace } from "./features/tracing.ts";

/** What an event shows of what it is about. */
export interface Traced {
  readonly status?: number;
  readonly isReused?: boolean;
  readonly error?: unknown;
}

const nothing: Traced = {};

/** Tells what happens to a request to whoever listens. Where nobody does it costs a look at a field. */
export function tell(
  event: ClientEvent,
  request: ClientRequest,
  atMs: number,
  shown: Traced = nothing,
): void {
  if (clientChannels()[event].hasSubscribers) publish(event, request, atMs, shown);
}

function publish(
  event: ClientEvent,
  { method, url, attempt }: ClientRequest,
  atMs: number,
  shown: Traced,
): void {
  const { status, isReused, error } = shown;
  const trace: ClientTrace = {
    method,
    url: url.href,
    attempt,
    atMs,
    ...(status === undefined ? {} : { status }),
    ...(isReused === undefined ? {} : { isReused }),
    ...(error === undefined ? {} : { error }),
  };
  clientChannels()[event].publish(trace);
}
