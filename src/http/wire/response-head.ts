import { ZERO } from "./characters.ts";
import {
  announcedKeepAliveMs,
  connectionOptions,
  isProtocolList,
  mayFollow,
  UPGRADE,
} from "./connection.ts";
import { refuseMessage } from "./errors.ts";
import { headersWithin, type HttpHeaders } from "./fields.ts";
import { announcedBytes, FramingFields, UNANNOUNCED, UNTIL_CLOSE } from "./framing.ts";
import type { WireLimits } from "./limits.ts";

/** What comes before the body of a response. */
export class ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly version: 10 | 11;
  readonly headers: HttpHeaders;
  /** The field Content-Type; null without it. */
  readonly contentType: string | null;
  /** The field Content-Encoding; null without it. */
  readonly contentCoding: string | null;
  /** 0 without a body, -1 for one in chunks, -2 for one that ends with the connection. */
  readonly bodyBytes: number;
  /** Whether the server lets another request follow, and can: not behind a body that ends with the connection. */
  readonly keepsAlive: boolean;
  /** How long the server says that it keeps an idle connection, in milliseconds; null where it does not say. */
  readonly keepAliveMs: number | null;
  /** With status 101, what is spoken from here on; null otherwise. */
  readonly upgrade: string | null;
  /** Whether what follows is no HTTP: behind status 101, and behind a successful CONNECT. */
  readonly isTunnel: boolean;

  /**
   * `text` begins with a whole head, which ends before `end` and matches the pattern of response heads; `method` is the request's.
   * @throws {HttpProtocolError} for what is well-formed and yet refused.
   */
  constructor(text: string, end: number, method: string, limits: WireLimits) {
    const lineEnd = text.indexOf("\r");
    if (lineEnd > limits.requestLineBytes) refuseMessage("status-line-length");
    found.read(text, lineEnd + 2, end - 2);
    if (found.fieldCount > limits.fieldCount) refuseMessage("field-count");
    // "HTTP/1.1 200 reason"
    this.status = digitAt(text, 9) * 100 + digitAt(text, 10) * 10 + digitAt(text, 11);
    this.reason = text.slice(13, Math.max(13, lineEnd));
    this.version = text.charCodeAt(7) === 0x31 ? 11 : 10;
    this.headers = headersWithin(text, lineEnd + 2, end - 2);
    this.contentType = found.contentType;
    this.contentCoding = found.contentCoding;
    const bytes = announcedBytes(found, this.version);
    this.isTunnel =
      this.status === 101 || (method === "CONNECT" && this.status >= 200 && this.status < 300);
    this.bodyBytes = bodyBytes(this.status, method, bytes, this.isTunnel);
    if (this.bodyBytes > limits.bodyBytes) refuseMessage("content-too-large", found.length);
    this.keepsAlive =
      this.bodyBytes !== UNTIL_CLOSE && mayFollow(this.version, connectionOptions(found.connection));
    this.keepAliveMs = announcedKeepAliveMs(found.keepAlive);
    this.upgrade = this.status === 101 ? upgradeOf() : null;
  }
}

const found: FramingFields = new FramingFields();

function digitAt(text: string, at: number): number {
  return text.charCodeAt(at) - ZERO;
}

/** The steps of RFC 9112, 6.3, but that a lie is refused where the RFC lets a client guess. */
function bodyBytes(status: number, method: string, announced: number, isTunnel: boolean): number {
  if (status < 200 || status === 204) {
    if (announced !== UNANNOUNCED && announced !== 0) refuseMessage("content-length-forbidden");
    return 0;
  }
  // Here the fields tell of the response that a GET would have had.
  if (method === "HEAD" || status === 304 || isTunnel) return 0;
  return announced === UNANNOUNCED ? UNTIL_CLOSE : announced;
}

function upgradeOf(): string {
  if (found.upgrade === null || !(connectionOptions(found.connection) & UPGRADE))
    return refuseMessage("upgrade-missing");
  if (!isProtocolList(found.upgrade)) refuseMessage("upgrade", found.upgrade);
  return found.upgrade;
}
