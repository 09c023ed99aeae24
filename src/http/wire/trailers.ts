import type { HttpHeaders } from "./fields.ts";

/**
 * Fields that say where a message ends, whom it is for, or how it is to be read: behind the body they come too late, and who lets them
 * through to others lets a sender say two things (RFC 9110, 6.5.1).
 */
const headOnly = [
  "content-length",
  "transfer-encoding",
  "host",
  "connection",
  "keep-alive",
  "upgrade",
  "expect",
  "te",
  "trailer",
  "content-encoding",
  "content-type",
  "content-range",
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
];

/** The name of a field that cannot be in a trailer section; null where all can. */
export function refusedTrailer(trailers: HttpHeaders): string | null {
  return headOnly.find((name) => trailers.has(name)) ?? null;
}
