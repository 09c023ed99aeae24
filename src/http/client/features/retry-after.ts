import { parseHttpDate } from "./http-date.ts";

/**
 * For how many milliseconds a `Retry-After` asks to wait: it gives seconds, or a date (RFC 9110, section 10.2.3). Null where it says
 * nothing that can be understood. A date that is past asks for no wait.
 */
export function retryAfterMs(value: string | null, wallNowMs: number): number | null {
  if (value === null) return null;
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1_000;
  const at = parseHttpDate(value, wallNowMs);
  return at === null ? null : Math.max(0, at - wallNowMs);
}
