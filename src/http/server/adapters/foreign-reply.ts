import { BodyWriter } from "../../body/body-writer.ts";
import type { OutgoingBody } from "../../body/outgoing-body.ts";
import { httpPlatform } from "../../platform.ts";
import { HttpHeaders } from "../../wire/fields.ts";
import { requestName } from "../core.ts";
import { endPieces, sendPieces, type PieceSink } from "../pieces.ts";
import { checkLength, hasNoContent, type HttpReply } from "../reply.ts";
import type { HttpRequest } from "../request.ts";
import { replyHead, type ReplyOutput } from "./reply-output.ts";

/**
 * A reply that another server sends.
 *
 * States:  none -> begun -> whole, or broken: it could not become whole, and the other server is told to cut it.
 */
export class ForeignReply implements PieceSink {
  readonly #request: HttpRequest;
  readonly #output: ReplyOutput;
  /** What is sent in pieces. */
  #streamed: HttpReply | null = null;
  state: "none" | "begun" | "whole" | "broken" = "none";
  /** Whether nobody waits for it any more. */
  isUnwanted = false;
  status = 0;
  bytesSent = 0;
  readonly isBackedUp = false;

  constructor(request: HttpRequest, output: ReplyOutput) {
    this.#request = request;
    this.#output = output;
  }

  /** Sends `reply`, if somebody still waits for one. */
  async send(reply: HttpReply): Promise<void> {
    const { body } = reply;
    try {
      const preparing = body?.prepare() ?? null;
      if (preparing !== null) await preparing;
      if (this.isUnwanted || this.state !== "none") return;
      checkLength(this.#request, reply);
      if (body === null || !this.#hasBody(reply)) this.sendWhole(reply, "");
      else if (body.whole !== null && reply.trailers === null) this.sendWhole(reply, body.whole);
      else await this.#stream(reply, body);
    } finally {
      await body?.close();
    }
  }

  sendWhole(reply: HttpReply, whole: string | Uint8Array): void {
    this.status = reply.status;
    this.bytesSent = typeof whole === "string" ? httpPlatform().utf8Bytes(whole) : whole.length;
    this.state = "begun";
    this.#output.whole(replyHead(reply), whole);
    this.state = "whole";
  }

  /** It will not be whole: whoever gets it is to see that. */
  cut(error: unknown): void {
    if (this.state === "whole" || this.state === "broken") return;
    this.state = "broken";
    this.#output.cut(error);
  }

  #hasBody({ status }: HttpReply): boolean {
    return this.#request.method !== "HEAD" && !hasNoContent(status);
  }

  async #stream(reply: HttpReply, body: OutgoingBody): Promise<void> {
    const { trailers } = reply;
    this.#streamed = reply;
    const length = reply.given.lengthBytes ?? body.lengthBytes;
    const name = `the reply to ${requestName(this.#request)}`;
    const writer = new BodyWriter(this, length ?? "until the end", name);
    try {
      await sendPieces(body, writer, this);
      const fields = typeof trailers === "function" ? trailers() : trailers;
      const last = fields === null ? null : HttpHeaders.from(fields);
      await endPieces(writer, this, "");
      this.#output.end(last);
    } finally {
      this.bytesSent = writer.bytesWritten;
    }
    this.state = "whole";
  }

  // Where the pieces go.

  get hasBegun(): boolean {
    return this.state !== "none";
  }

  begin(): boolean {
    this.#begun().flushHead();
    return true;
  }

  write(bytes: Uint8Array): boolean {
    return this.#begun().write(bytes);
  }

  writeText(text: string): boolean {
    return this.#begun().writeText(text);
  }

  waitDrained(): Promise<void> {
    return this.#output.waitDrained();
  }

  #begun(): ReplyOutput {
    const reply = this.#streamed;
    if (reply !== null && this.state === "none") {
      this.status = reply.status;
      this.state = "begun";
      this.#output.begin(replyHead(reply));
    }
    return this.#output;
  }
}
