/** Requests and responses of `node:http`, by their shape: nothing of Node is imported for them. */
import { ConnectionReset } from "../../../io/errors.ts";
import { inRoot } from "../../../kernel/root-context.ts";
import { WaitQueue } from "../../../kernel/wait-queue.ts";
import { BodyUsed } from "../../body/errors.ts";
import { httpPlatform } from "../../platform.ts";
import { HttpHeaders } from "../../wire/fields.ts";
import type { ReplyHead, ReplyOutput } from "./reply-output.ts";
import type { BodyInput, Visit } from "./visit.ts";

/** What is used of an `http.IncomingMessage`. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Set by Express and Connect, which take the path of a mount out of `url`. */
  readonly originalUrl?: string | undefined;
  readonly httpVersionMinor: number;
  readonly httpVersionMajor: number;
  readonly rawHeaders: readonly string[];
  readonly rawTrailers: readonly string[];
  readonly complete: boolean;
  /** Whether somebody has read of the body, and whether all of it. */
  readonly readableDidRead?: boolean | undefined;
  readonly readableEnded?: boolean | undefined;
  readonly socket: object;
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** What is used of an `http.ServerResponse`. */
export interface NodeResponse {
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  writeHead(status: number, reason: string, fields: string[]): unknown;
  writeHead(status: number, fields: string[]): unknown;
  flushHeaders(): unknown;
  write(chunk: string | Uint8Array): boolean;
  end(chunk?: string | Uint8Array): unknown;
  addTrailers(fields: readonly [string, string][]): void;
  destroy(error?: Error): unknown;
  on(event: string, listener: (value: unknown) => void): unknown;
}

/** Names and values, of a list in which they alternate. */
export function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) found.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return found;
}

const READ_BEFORE =
  "something before this handler has read of it, a parser such as express.json() say. Mount the handler before that.";

/** The body of a request of Node. */
export class NodeInput implements BodyInput {
  readonly #request: NodeRequest;
  #visit: Visit | null = null;
  #isOver = false;

  constructor(request: NodeRequest) {
    this.#request = request;
  }

  start(visit: Visit): void {
    const request = this.#request;
    if (request.readableDidRead === true || request.readableEnded === true) {
      visit.bodyFailed(new BodyUsed("read", visit.name, READ_BEFORE));
      return;
    }
    this.#visit = visit;
    inRoot(() => {
      request.on("data", this.#arrived);
      request.on("end", this.#ended);
      request.on("error", this.#lost);
      request.on("close", this.#closed);
    });
  }

  pause(): void {
    if (!this.#isOver) this.#request.pause();
  }

  resume(): void {
    if (this.#visit !== null && !this.#isOver) inRoot(() => this.#request.resume());
  }

  stop(): void {
    this.#isOver = true;
    const request = this.#request;
    request.off("data", this.#arrived);
    request.off("end", this.#ended);
    request.off("close", this.#closed);
    // What is left of the body is dropped, so that the connection can be used again.
    inRoot(() => request.resume());
  }

  readonly #arrived = (chunk: unknown): void => {
    const { buffer, byteOffset, length } = chunk as Uint8Array;
    this.#visit?.body.arrived(new Uint8Array(buffer, byteOffset, length));
  };

  readonly #ended = (): void => {
    const visit = this.#visit;
    this.#isOver = true;
    if (visit === null) return;
    const { rawTrailers } = this.#request;
    if (rawTrailers.length > 0) visit.trailers = HttpHeaders.from(pairs(rawTrailers));
    visit.body.ended();
  };

  readonly #lost = (error: unknown): void => {
    if (!this.#isOver) this.#visit?.bodyFailed(new ConnectionReset("the client", error));
  };

  readonly #closed = (): void => this.#lost(new Error("the client has left"));
}

/** The reply, as a response of Node. */
export class NodeOutput implements ReplyOutput {
  readonly #response: NodeResponse;
  readonly #drained: WaitQueue = new WaitQueue("the client to take the reply");

  constructor(response: NodeResponse) {
    this.#response = response;
  }

  watch(visit: Visit): void {
    const response = this.#response;
    inRoot(() => {
      response.on("drain", () => this.#drained.wakeAll());
      response.on("error", () => {});
      response.on("close", () => {
        if (!response.writableFinished) visit.left();
        this.#drained.wakeAll();
      });
    });
  }

  whole(head: ReplyHead, body: string | Uint8Array): void {
    inRoot(() => {
      this.begin(head);
      if (body.length === 0) this.#response.end();
      else this.#response.end(body);
    });
  }

  begin({ status, reason, fields }: ReplyHead): void {
    const raw = fields.flat();
    if (reason === null) this.#response.writeHead(status, raw);
    else this.#response.writeHead(status, reason, raw);
  }

  write(bytes: Uint8Array): boolean {
    // The array is the caller's again when this returns true, and Node may not have written it by then.
    return inRoot(() => this.#response.write(bytes.slice()));
  }

  writeText(text: string): boolean {
    return inRoot(() => this.#response.write(httpPlatform().utf8(text)));
  }

  flushHead(): void {
    inRoot(() => this.#response.flushHeaders());
  }

  waitDrained(): Promise<void> {
    return this.#drained.park(undefined);
  }

  end(trailers: HttpHeaders | null): void {
    if (trailers !== null) this.#response.addTrailers([...trailers]);
    inRoot(() => this.#response.end());
  }

  cut(): void {
    inRoot(() => this.#response.destroy());
  }
}
