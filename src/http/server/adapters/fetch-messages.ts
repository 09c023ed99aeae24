/** The body of a web `Request`, and the `Response` to it. */
import { ConnectionReset } from "../../../io/errors.ts";
import { inRoot } from "../../../kernel/root-context.ts";
import { WaitQueue } from "../../../kernel/wait-queue.ts";
import { Future } from "../../../sync/future.ts";
import { httpPlatform } from "../../platform.ts";
import type { HttpHeaders } from "../../wire/fields.ts";
import { hasNoContent } from "../reply.ts";
import type { ReplyHead, ReplyOutput } from "./reply-output.ts";
import type { BodyInput, Visit } from "./visit.ts";

/** Reads the body of a web request, while it is wanted. */
export class FetchInput implements BodyInput {
  readonly #body: ReadableStream<Uint8Array> | null;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #visit: Visit | null = null;
  #isPaused = false;
  #isReading = false;
  #isOver = false;

  constructor(body: ReadableStream<Uint8Array> | null) {
    this.#body = body;
  }

  start(visit: Visit): void {
    if (this.#body === null) return;
    this.#visit = visit;
    this.#reader = this.#body.getReader();
    inRoot(() => this.#pull());
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    inRoot(() => this.#pull());
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const reader = this.#reader;
    inRoot(() => {
      if (reader === null) this.#cancelUnread();
      else reader.cancel().catch(ignore);
    });
  }

  #cancelUnread(): void {
    if (this.#body !== null && !this.#body.locked) this.#body.cancel().catch(ignore);
  }

  #pull(): void {
    const reader = this.#reader;
    if (reader === null || this.#isPaused || this.#isReading || this.#isOver) return;
    this.#isReading = true;
    reader.read().then(this.#read, this.#lost);
  }

  readonly #read = ({
    done,
    value,
  }: {
    readonly done: boolean;
    readonly value?: Uint8Array | undefined;
  }): void => {
    this.#isReading = false;
    if (this.#isOver) return;
    if (value !== undefined) this.#visit?.body.arrived(value);
    if (done) {
      this.#isOver = true;
      this.#visit?.body.ended();
    } else this.#pull();
  };

  readonly #lost = (error: unknown): void => {
    this.#isReading = false;
    if (!this.#isOver) this.#visit?.bodyFailed(new ConnectionReset("the client", error));
  };
}

/** Makes a web response. */
export class FetchOutput implements ReplyOutput {
  readonly response: Future<Response> = new Future({ name: "the response" });
  readonly #drained: WaitQueue = new WaitQueue("the client to take the reply");
  readonly #signal: AbortSignal;
  visit: Visit | null = null;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  whole(head: ReplyHead, body: string | Uint8Array): void {
    const content = hasNoContent(head.status)
      ? null
      : typeof body === "string"
        ? body
        : new Uint8Array(body);
    this.response.resolve(new Response(content, initOf(head)));
  }

  begin(head: ReplyHead): void {
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#drained.wakeAll();
        },
        cancel: () => {
          this.#controller = null;
          this.visit?.left();
          this.#drained.wakeAll();
        },
      },
      { highWaterMark: 1 },
    );
    this.response.resolve(new Response(stream, initOf(head)));
  }

  flushHead(): void {}

  write(bytes: Uint8Array): boolean {
    const controller = this.#controller;
    if (controller === null) return false;
    inRoot(() => controller.enqueue(bytes.slice()));
    return (controller.desiredSize ?? 0) > 0;
  }

  writeText(text: string): boolean {
    return this.write(httpPlatform().utf8(text));
  }

  waitDrained(): Promise<void> {
    return this.#drained.park(undefined);
  }

  end(_trailers: HttpHeaders | null): void {
    const controller = this.#controller;
    this.#controller = null;
    inRoot(() => controller?.close());
  }

  cut(error: unknown): void {
    const controller = this.#controller;
    this.#controller = null;
    inRoot(() => controller?.error(error));
    if (this.response.state !== "pending") return;
    const { aborted, reason } = this.#signal;
    this.response.reject(aborted ? reason : new ConnectionReset("the client", new Error("it has left")));
  }
}

function initOf({ status, reason, fields }: ReplyHead): ResponseInit {
  return {
    status,
    headers: fields.map(([name, value]) => [name, value]),
    ...(reason === null ? {} : { statusText: reason }),
  };
}

function ignore(): void {}
