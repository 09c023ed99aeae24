/**
 * A request that came by another server, and its handling by a handler of ours: what an `Exchange` is on a connection of our own.
 *
 * States of the reply:  none -> begun -> whole, or broken: it could not become whole, and the other server is told to cut it.
 *
 * Invariants
 * - The handler runs in a background task of the runtime, in the context of whoever made the adapter. It is cancelled when the client
 *   leaves, with all that it began, and what it reads or writes then fails or is dropped.
 * - What a handler throws ends here: as a reply, as a record in the log, or as the cancellation of its task.
 */
import { forEachChunk } from "../../../io/adapters/foreign-iterator.ts";
import { StreamClosed } from "../../../io/errors.ts";
import { cancellationIn } from "../../../kernel/cancellation-in.ts";
import { currentScope } from "../../../kernel/current.ts";
import { setDeadline } from "../../../kernel/limit.ts";
import { IS_QUIET } from "../../../kernel/scope.ts";
import type { TaskScope } from "../../../kernel/task.ts";
import type { BodySource } from "../../body/body-source.ts";
import { BodyWriter } from "../../body/body-writer.ts";
import { IncomingBody } from "../../body/incoming-body.ts";
import type { OutgoingBody } from "../../body/outgoing-body.ts";
import { httpPlatform } from "../../platform.ts";
import { HttpHeaders } from "../../wire/fields.ts";
import type { RequestHead } from "../../wire/request-head.ts";
import { requestName, type ServerCore } from "../core.ts";
import { errorReply, replyToError } from "../failure.ts";
import { comesOf } from "../handler-call.ts";
import { checkLength, hasNoContent, replyOf, type HttpReply, type Reply } from "../reply.ts";
import { HttpRequest, type Ends, type RequestSource } from "../request.ts";
import { replyHead, type ReplyOutput } from "./reply-output.ts";

/** Where the body of a request comes from. Nothing is asked of it before somebody reads. */
export interface BodyInput {
  /** Begins to deliver to the visit. */
  start(visit: Visit): void;
  pause(): void;
  resume(): void;
  /** Nobody will read any more. */
  stop(): void;
}

const TOO_LONG = "the server took too long";
const NOTHING: Uint8Array = new Uint8Array(0);

export class Visit implements RequestSource, BodySource {
  readonly rules: ServerCore;
  readonly ends: Ends;
  readonly body: IncomingBody;
  readonly request: HttpRequest;
  readonly since: number;
  readonly #head: RequestHead;
  readonly #input: BodyInput;
  readonly #output: ReplyOutput;
  trailers: HttpHeaders | null = null;
  task: TaskScope | null = null;
  replyState: "none" | "begun" | "whole" | "broken" = "none";
  status = 0;
  bytesSent = 0;
  hasLeft = false;
  #failure: Error | null = null;

  constructor(
    core: ServerCore,
    head: RequestHead,
    ends: Ends,
    ways: { input: BodyInput; output: ReplyOutput },
  ) {
    this.rules = core;
    this.ends = ends;
    this.since = core.runtime.turn.stamp;
    this.#head = head;
    this.#input = ways.input;
    this.#output = ways.output;
    this.body = new IncomingBody(this, head.bodyBytes === 0 ? NOTHING : null);
    this.request = new HttpRequest(head, this);
  }

  // The source of the body.

  get name(): string {
    return `the body of ${requestName(this.request)}`;
  }

  get contentType(): string | null {
    return this.#head.headers.get("content-type");
  }

  get announcedBytes(): number | null {
    const { bodyBytes } = this.#head;
    return bodyBytes < 0 ? null : bodyBytes;
  }

  get maxBytes(): number {
    return this.rules.plan.maxBodyBytes;
  }

  wanted(): void {
    this.#input.start(this);
  }

  pause(): void {
    this.#input.pause();
  }

  resume(): void {
    this.#input.resume();
  }

  /** The rest of the body will not come. */
  bodyFailed(error: Error): void {
    this.#failure ??= error;
    this.body.failed(error);
  }

  /** The client has left: nobody waits for the reply. */
  left(): void {
    if (this.hasLeft || this.replyState === "whole") return;
    this.hasLeft = true;
    this.task?.cancel("the client has left");
  }

  /** Handles the request in a task. `over` is called when that has ended. */
  start(over: () => void = () => {}): void {
    const { rules } = this;
    rules.counts.requests++;
    const task = rules.spawn(requestName(this.request), () => this.#run());
    this.task = task;
    const ended = (): void => {
      this.#ended();
      over();
    };
    if (task.hasEnded) ended();
    else task.rarely.onEnd = ended;
    if (this.hasLeft) task.cancel("the client has left");
  }

  async #run(): Promise<void> {
    const { handler, handlerMs } = this.rules.plan;
    const scope = currentScope();
    // Somebody waits for the answer: unlike the rest of the background, it keeps the process alive.
    scope.flags &= ~IS_QUIET;
    if (handlerMs !== Infinity)
      setDeadline(scope, scope.engine.host.now() + handlerMs, "its time limit, handlerMs");
    try {
      await this.#send(replyOf(await (handler(this.request) as Reply | PromiseLike<Reply>)));
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #failed(error: unknown): Promise<void> {
    const cancelled = cancellationIn(currentScope(), error);
    if (cancelled !== null) {
      if (this.replyState !== "none" || this.hasLeft) this.#break(error);
      else this.#sendWhole(errorReply(503, TOO_LONG), TOO_LONG);
      throw cancelled;
    }
    if (this.replyState === "none" && !this.hasLeft) return this.#sendError(error);
    const isKnown = (each: unknown): boolean =>
      (each !== null && each === this.#failure) || this.request.isOfBody(each);
    if (!this.hasLeft) this.#report(error, "The reply had begun: it was cut.");
    else if (!comesOf(error, isKnown)) this.#report(error, "Its client had left.");
    this.#break(error);
  }

  async #sendError(error: unknown): Promise<void> {
    const isOfBody = error === this.#failure || this.request.isOfBody(error);
    try {
      const reply = replyToError(error, isOfBody);
      if (reply === null) this.#report(error, "The client got 500, and no details.");
      await this.#send(reply ?? errorReply(500));
    } catch (failure) {
      this.#break(failure);
      const cancelled = cancellationIn(currentScope(), failure);
      if (cancelled !== null) throw cancelled;
    }
  }

  #report(error: unknown, what: string): void {
    this.rules.failed(error, this.request, what);
  }

  #break(error: unknown): void {
    if (this.replyState === "whole") return;
    this.replyState = "broken";
    this.#output.cut(error);
  }

  async #send(reply: HttpReply): Promise<void> {
    const { body } = reply;
    try {
      const preparing = body?.prepare() ?? null;
      if (preparing !== null) await preparing;
      if (this.hasLeft) return;
      checkLength(this.request, reply);
      if (body === null || !this.#hasBody(reply)) this.#sendWhole(reply, "");
      else if (body.whole !== null && reply.trailers === null) this.#sendWhole(reply, body.whole);
      else await this.#stream(reply, body);
    } finally {
      await body?.close();
    }
  }

  #hasBody({ status }: HttpReply): boolean {
    return this.#head.method !== "HEAD" && !hasNoContent(status);
  }

  #sendWhole(reply: HttpReply, whole: string | Uint8Array): void {
    this.status = reply.status;
    this.bytesSent = typeof whole === "string" ? httpPlatform().utf8Bytes(whole) : whole.length;
    this.replyState = "begun";
    this.#output.whole(replyHead(reply), whole);
    this.replyState = "whole";
  }

  async #stream(reply: HttpReply, body: OutgoingBody): Promise<void> {
    const output = this.#output;
    const { trailers } = reply;
    const length = reply.given.lengthBytes ?? body.lengthBytes;
    this.status = reply.status;
    this.replyState = "begun";
    output.begin(replyHead(reply));
    const writer = new BodyWriter(
      output,
      length ?? "until the end",
      `the reply to ${requestName(this.request)}`,
    );
    try {
      await forEachChunk(body.chunks(), (chunk) => writer.write(chunk));
      await writer.end();
    } finally {
      this.bytesSent = writer.bytesWritten;
    }
    output.end(
      trailers === null ? null : HttpHeaders.from(typeof trailers === "function" ? trailers() : trailers),
    );
    this.replyState = "whole";
  }

  #ended(): void {
    this.#input.stop();
    if (!this.body.isComplete) this.body.close(new StreamClosed("read", this.name, "closed"));
    this.rules.finished(this);
  }
}
