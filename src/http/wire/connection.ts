/** What becomes of a connection behind a message (RFC 9112, 9.3; RFC 9110, 7.6.1 and 7.8). */
import { isToken } from "./characters.ts";
import { listOf } from "./field-lines.ts";

export const CLOSE = 1;
export const KEEP_ALIVE = 2;
export const UPGRADE = 4;
/** The value is no list of tokens. */
export const BROKEN = 8;

/** The options in a value of Connection, as the sum of the above. */
export function connectionOptions(value: string | null): number {
  if (value === null || value === "keep-alive") return value === null ? 0 : KEEP_ALIVE;
  let options = 0;
  for (const element of listOf(value)) options |= optionOf(element);
  return options;
}

function optionOf(option: string): number {
  switch (option) {
    case "close":
      return CLOSE;
    case "keep-alive":
      return KEEP_ALIVE;
    case "upgrade":
      return UPGRADE;
    default:
      return option === "" || isToken(option) ? 0 : BROKEN;
  }
}

/** Whether another message may follow: in HTTP/1.1 unless it is said otherwise, in HTTP/1.0 if it is asked for. */
export function mayFollow(version: 10 | 11, options: number): boolean {
  if (options & (CLOSE | BROKEN)) return false;
  return version === 11 || (options & KEEP_ALIVE) !== 0;
}

/** Whether `value` is a list of protocols as in Upgrade: `websocket`, `h2c, IRC/6.9`. */
export function isProtocolList(value: string): boolean {
  return listOf(value).every((element) => {
    const [name = "", version, ...more] = element.split("/");
    return isToken(name) && (version === undefined || isToken(version)) && more.length === 0;
  });
}

/** The milliseconds in `timeout=5` of a Keep-Alive field; null where it announces none. */
export function announcedKeepAliveMs(value: string | null): number | null {
  if (value === null) return null;
  const seconds = /(?:^|,)[ \t]*timeout[ \t]*=[ \t]*"?([0-9]{1,9})"?[ \t]*(?:,|$)/i.exec(value)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1_000;
}
