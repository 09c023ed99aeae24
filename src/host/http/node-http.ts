/** What HTTP asks of the platform, by Node's `Buffer`, which Bun and Deno have as well. */
import { Buffer } from "node:buffer";
import type { HttpPlatform } from "../../http/platform.ts";
import { zlibDecoders } from "./content-coding.ts";
import { environment, traceChannel } from "./environment.ts";

/** Both written out: bundlers look for an address of this form. */
const servingModule: string = (
  import.meta.url.endsWith(".ts")
    ? new URL("./serve-in-thread.ts", import.meta.url)
    : new URL("./serve-in-thread.js", import.meta.url)
).href;

export const nodeHttp: HttpPlatform = {
  latin1: (bytes, start, end) => Buffer.prototype.latin1Slice.call(bytes, start, end),
  utf8Bytes: (text) => Buffer.byteLength(text),
  utf8: (text) => Buffer.from(text),
  servingModule,
  environment,
  traceChannel,
  date: (wallMs) => new Date(wallMs).toUTCString(),
  utf8Text: (bytes) => Buffer.prototype.utf8Slice.call(bytes, 0, bytes.length),
  randomHex: (bytes) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex"),
  decoders: zlibDecoders,
};
