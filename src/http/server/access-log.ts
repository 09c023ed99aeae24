import type { LogRecord } from "../../kernel/instrument.ts";
import type { HttpRequest } from "./request.ts";

/** A request that is over, as far as its record tells. */
export interface Finished {
  readonly request: HttpRequest;
  readonly since: number;
  readonly status: number;
  readonly bytesSent: number;
  readonly replyState: "none" | "begun" | "whole" | "broken";
  readonly task: { readonly state: string } | null;
  /** Whether the client has left before. */
  readonly hasLeft: boolean;
}

/**
 * One line for a request: `10.0.0.9 "GET /path HTTP/1.1" 200, 512 bytes, 3 ms, q3x8k1a-5`. A status of 0: there was no reply. The target has no
 * character that could end the line or a quotation, but for `"`, which is written `%22`.
 */
export function accessRecord(exchange: Finished, now: number): LogRecord {
  const { request, status, bytesSent, replyState } = exchange;
  const target = request.target.replaceAll('"', "%22");
  const line = `${request.method} ${target} HTTP/${request.version}`;
  const what = replyState === "whole" ? "" : status === 0 ? ", no reply" : ", broken off";
  const message = `${request.clientAddress} "${line}" ${status}, ${bytesSent} bytes, ${now - exchange.since} ms, ${request.id}${what}`;
  return { level: "info", code: "TSY_HTTP_ACCESS", message };
}
