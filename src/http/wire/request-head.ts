import { BROKEN, connectionOptions, isProtocolList, mayFollow, UPGRADE } from "./connection.ts";
import { refuseMessage } from "./errors.ts";
import { headersWithin, type HttpHeaders } from "./fields.ts";
import { announcedBytes, CHUNKED, FramingFields, UNANNOUNCED } from "./framing.ts";
import type { WireLimits } from "./limits.ts";
import { isAuthority, resolveTarget } from "./target.ts";

/** What comes before the body of a request. */
export class RequestHead {
  readonly method: string;
  /** As it was sent: `/path?query`, `http://host/path`, `*`, or `host:port` with CONNECT. */
  readonly target: string;
  readonly version: 10 | 11;
  readonly headers: HttpHeaders;
  /** The field Content-Type; null without it. */
  readonly contentType: string | null;
  /** Of Host, or of an absolute target; `""` in HTTP/1.0 without either. */
  readonly host: string;
  /** Path and query of the target; `"*"`, or `host:port` with CONNECT. */
  readonly path: string;
  /** 0 without a body, -1 for one in chunks. */
  readonly bodyBytes: number;
  /** Whether the client lets another request follow. */
  readonly keepsAlive: boolean;
  /** Whether the client waits for status 100 before it sends the body. */
  readonly expectsContinue: boolean;
  /** The protocols that the client would rather speak, as in `Upgrade`; null where it does not ask. */
  readonly upgrade: string | null;

  /**
   * `text` begins with a whole head, which ends before `end` and matches the pattern of request heads.
   * @throws {HttpProtocolError} for what is well-formed and yet refused.
   */
  constructor(text: string, end: number, limits: WireLimits) {
    const lineEnd = text.indexOf("\r");
    const methodEnd = text.indexOf(" ");
    found.read(text, lineEnd + 2, end - 2);
    checkLimits(methodEnd, lineEnd, limits);
    this.method = text.slice(0, methodEnd);
    // The line ends with " HTTP/1.1".
    this.target = text.slice(methodEnd + 1, lineEnd - 9);
    this.version = text.charCodeAt(lineEnd - 1) === 0x31 ? 11 : 10;
    this.headers = headersWithin(text, lineEnd + 2, end - 2);
    this.contentType = found.contentType;
    const bodyBytes = bodyBytesOf(this.method, this.version, limits);
    const target = resolveTarget(this.method, this.target, hostOf(this.version));
    this.host = target.host;
    this.path = target.path;
    this.bodyBytes = bodyBytes;
    const options = connectionOptions(found.connection);
    if (options & BROKEN) refuseMessage("connection", found.connection ?? "");
    this.keepsAlive = mayFollow(this.version, options);
    this.expectsContinue = this.version === 11 && found.expect !== null && isAwaited(this.bodyBytes);
    this.upgrade = this.version === 11 && options & UPGRADE ? upgradeOf() : null;
  }
}

const found: FramingFields = new FramingFields();

/** In the order in which they stand, as where the head comes byte by byte. */
function checkLimits(methodBytes: number, lineBytes: number, limits: WireLimits): void {
  if (methodBytes > limits.methodBytes) refuseMessage("method-length");
  if (lineBytes > limits.requestLineBytes) refuseMessage("request-line-length");
  if (found.fieldCount > limits.fieldCount) refuseMessage("field-count");
}

function bodyBytesOf(method: string, version: 10 | 11, limits: WireLimits): number {
  const bytes = announcedBytes(found, version);
  if (bytes > limits.bodyBytes) refuseMessage("content-too-large", found.length);
  if (method === "CONNECT" && (bytes === CHUNKED || bytes > 0)) refuseMessage("content-length-forbidden");
  return bytes === UNANNOUNCED ? 0 : bytes;
}

function hostOf(version: 10 | 11): string | null {
  if (found.hostCount === 0) return version === 11 ? refuseMessage("host-missing") : null;
  if (found.hostCount > 1) refuseMessage("host-repeated");
  if (!isAuthority(found.host)) refuseMessage("host", found.host);
  return found.host;
}

/** HTTP/1.0 has no expectations: there the field says nothing. */
function isAwaited(bodyBytes: number): boolean {
  if (found.expect?.toLowerCase() !== "100-continue") refuseMessage("expect", found.expect ?? "");
  return bodyBytes === CHUNKED || bodyBytes > 0;
}

function upgradeOf(): string | null {
  const { upgrade } = found;
  if (upgrade !== null && !isProtocolList(upgrade)) refuseMessage("upgrade", upgrade);
  return upgrade;
}
