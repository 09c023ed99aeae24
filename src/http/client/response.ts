import { refusal } from "../../kernel/park.ts";
import { currentScope } from "../../kernel/current.ts";
import type { LimitOption } from "../../io/stream/stream-options.ts";
import type { BodyLimit } from "../body/body-limit.ts";
import { IncomingBody } from "../body/incoming-body.ts";
import type { StandardSchema } from "../body/standard-schema.ts";
import { HttpHeaders, type HeadersInit } from "../wire/fields.ts";
import { pictured, pictureOfResponse } from "../picture.ts";
import { httpPlatform } from "../platform.ts";
import { StatusError, type RequestFacts, type RequestTimings } from "./request-errors.ts";

/** What is known of a response before its body. */
export interface ResponseParts {
  readonly status: number;
  readonly reason: string;
  readonly version: 10 | 11;
  readonly headers: HttpHeaders;
}

/** Where a response came from: what it can tell about its request, and how to be rid of it. */
export interface ResponseOrigin {
  readonly facts: RequestFacts;
  readonly trailers: HttpHeaders | null;
  /** Whether a body in a coding was decoded. Missing where it was not. */
  readonly decodes?: boolean;
  /** Whether nothing of the request's body was sent, for it waited to be asked for. Missing where it did not. */
  readonly isBodyHeld?: boolean;
  /** The rest of the body is not wanted. Does nothing where all has come. */
  abandon(): void;
  /** Calls `listener` when no more of the body will come; at once where that is so. Missing where all of it is there from the start. */
  whenOver?(listener: () => void): void;
}

/** How a response is made up, for a mock. */
export interface ResponseInit {
  readonly status?: number;
  readonly reason?: string;
  readonly headers?: HeadersInit;
  readonly trailers?: HeadersInit;
  /** An `IncomingBody` for one that comes in pieces. */
  readonly body?: string | Uint8Array | IncomingBody;
  readonly facts: RequestFacts;
}

/** How much of a body an error shows. */
const EXCERPT_BYTES = 4_000;
const EXCERPT_CHARACTERS = 1_000;

/**
 * The response to a request: its head is there, its body may still be coming.
 *
 * Read the body by the whole (`text`, `json`, `bytes`, `form`) or in pieces (`lines`, `body`); or `close` it. One that is left unread has its
 * connection closed when the task that asked for it ends.
 *
 * @example
 * import { HttpClient, serve } from "tsyncio/http";
 * await using server = await serve(() => "hello", { port: 0, host: "127.0.0.1" });
 * await using http = new HttpClient();
 * await using response = await http.get(server.url);
 * console.log(response.status, response.headers.get("content-length")); // 200 5
 * console.log(await response.text()); // hello
 */
export class HttpResponse implements AsyncDisposable {
  readonly status: number;
  /** What the server says besides the status; often nothing. */
  readonly reason: string;
  readonly headers: HttpHeaders;
  /** The minor version of HTTP/1: 10 or 11. */
  readonly version: 10 | 11;
  /** The body, to be read in pieces. */
  readonly body: IncomingBody;
  readonly #origin: ResponseOrigin;
  #history: readonly HttpResponse[] = [];

  /** @internal */
  constructor(parts: ResponseParts, body: IncomingBody, origin: ResponseOrigin) {
    this.status = parts.status;
    this.reason = parts.reason;
    this.headers = parts.headers;
    this.version = parts.version;
    this.body = body;
    this.#origin = origin;
  }

  /** @internal One that no connection has brought. */
  static of(init: ResponseInit): HttpResponse {
    const headers = HttpHeaders.from(init.headers ?? {});
    const { status = 200, reason = "", facts, body = "" } = init;
    const trailers = init.trailers === undefined ? null : HttpHeaders.from(init.trailers);
    const origin = { facts, trailers, abandon: (): void => {} };
    const parts: ResponseParts = { status, reason, headers, version: 11 };
    if (body instanceof IncomingBody) return new HttpResponse(parts, body, origin);
    const bytes = typeof body === "string" ? httpPlatform().utf8(body) : body;
    return new HttpResponse(parts, wholeBody(bytes, headers, facts), origin);
  }

  /** Whether the status is one of 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The URL that answered, after redirects; without name and password. */
  get url(): string {
    return this.#origin.facts.url;
  }

  /** The responses that redirected here, the first one first. Their bodies are not kept. */
  get history(): readonly HttpResponse[] {
    return this.#history;
  }

  /** The fields behind the body, once all of that has come; null where there are none. */
  get trailers(): HttpHeaders | null {
    return this.#origin.trailers;
  }

  /** When things happened. */
  get timings(): RequestTimings {
    return this.#origin.facts.timings;
  }

  /** @internal Whether the body is another than the fields of the head speak of. */
  get isDecoded(): boolean {
    return this.#origin.decodes === true && this.headers.has("content-encoding");
  }

  /** @internal Whether nothing of the request's body was sent, for it waited to be asked for. */
  get isBodyHeld(): boolean {
    return this.#origin.isBodyHeld === true;
  }

  /** @internal */ get facts(): RequestFacts {
    return this.#origin.facts;
  }

  /** @internal Calls `listener` when the body has come, or will not come any more; at once where that is so. */
  whenOver(listener: () => void): void {
    if (this.#origin.whenOver === undefined) listener();
    else this.#origin.whenOver(listener);
  }

  /** @internal */ setHistory(history: readonly HttpResponse[]): void {
    this.#history = history;
  }

  /** The whole body as text, by the charset of its content type (default UTF-8). Throws as `bytes` does. */
  text(options?: BodyLimit): Promise<string> {
    return this.body.text(options);
  }

  /**
   * The whole body as JSON: `unknown`, or what a schema (Standard Schema) makes of it. Throws as `bytes` does, and
   *
   * @throws {BodyInvalid} when it is no JSON, or the schema refuses it.
   */
  json(options?: BodyLimit): Promise<unknown>;
  json<T>(schema: StandardSchema<T>, options?: BodyLimit): Promise<T>;
  json<T>(first?: BodyLimit | StandardSchema<T>, options?: BodyLimit): Promise<unknown> {
    return this.body.json(first as StandardSchema<T>, options);
  }

  /**
   * The whole body as bytes.
   *
   * Cancel safety: a cancelled read has taken nothing.
   * @throws {BodyTooLarge} when it is longer than `maxBytes`, by default the client's `maxBodyBytes`.
   * @throws {BodyUsed} when it has been read before.
   * @throws {HttpRequestFailed} when the connection is lost before all has come.
   * @throws {HttpTimeout} when a limit passes before.
   */
  bytes(options?: BodyLimit): Promise<Uint8Array> {
    return this.body.bytes(options);
  }

  /** The whole body as the fields of a form. Throws as `bytes` does. */
  form(options?: BodyLimit): Promise<URLSearchParams> {
    return this.body.form(options);
  }

  /** Iterates over the lines of the body. */
  lines(options?: LimitOption): AsyncIterableIterator<string, undefined> {
    return this.body.lines(options);
  }

  /** The body as a web stream, for what takes one. Nothing is read ahead; cancelling it closes the response. */
  stream(): ReadableStream<Uint8Array> {
    const { body } = this;
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      const chunk = await body.read();
      if (chunk === null) controller.close();
      else controller.enqueue(chunk);
    };
    return new ReadableStream({ pull, cancel: () => this.close() }, { highWaterMark: 0 });
  }

  /**
   * What is left of the body is not wanted. A small rest is let come, so that the connection can be used again; with a larger one it is
   * closed. Twice is the same as once, and after the whole body it does nothing.
   *
   * Cancel safety: not a cancellation point.
   */
  close(): Promise<void> {
    this.#origin.abandon();
    return done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal The error for a status that `throwOnStatus` does not take. The response is closed. */
  async refuse(): Promise<never> {
    const { status, reason, headers } = this;
    const refused = refusal();
    if (refused !== null) return refused;
    const excerpt = this.body.isComplete ? await this.#excerpt() : "";
    this.#origin.abandon();
    throw new StatusError(this.facts, { status, reason, headers, excerpt });
  }

  async #excerpt(): Promise<string> {
    const isText = /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml)\b)/i.test(
      this.headers.get("content-type") ?? "",
    );
    if (!isText || currentScope().blocked !== null || this.body.bufferedBytes === 0) return "";
    const bytes = await this.body.read(EXCERPT_BYTES);
    return bytes === null ? "" : httpPlatform().utf8Text(bytes).slice(0, EXCERPT_CHARACTERS);
  }
}

pictured(HttpResponse, pictureOfResponse);

const done: Promise<void> = Promise.resolve();

function wholeBody(bytes: Uint8Array, headers: HttpHeaders, facts: RequestFacts): IncomingBody {
  const source = {
    name: `the body of ${facts.method} ${facts.url}`,
    contentType: headers.get("content-type"),
    announcedBytes: bytes.length,
    maxBytes: Infinity,
    pause: (): void => {},
    resume: (): void => {},
  };
  return new IncomingBody(source, bytes);
}
