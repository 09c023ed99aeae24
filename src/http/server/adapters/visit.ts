/**
 * A request that came by another server, and its handling by a handler of ours: what an `Exchange` is on a connection of our own.
 *
 * Invariants
 * - The handler runs in a background task of the runtime, in the context of whoever made the adapter. It is cancelled when the client
 *   leaves, with all that it began, and what it reads or writes then fails or is dropped. One that does not end in its time is not waited for.
 * - What a handler throws ends here: as a reply, as a record in the log, or as the cancellation of its task.
 */
import { StreamClosed } from "../../../io/errors.ts";
import { cancellationIn } from "../../../kernel/cancellation-in.ts";
import { currentScope } from "../../../kernel/current.ts";
import { setDeadline } from "../../../kernel/limit.ts";
import { IS_QUIET } from "../../../kernel/scope.ts";
import type { TaskScope } from "../../../kernel/task.ts";
import type { BodySource } from "../../body/body-source.ts";
import { IncomingBody } from "../../body/incoming-body.ts";
import type { HttpHeaders } from "../../wire/fields.ts";
import type { RequestHead } from "../../wire/request-head.ts";
import { requestName, type ServerCore } from "../core.ts";
import { errorReply, GOT_500, HAD_LEFT, replyToError, tooLate, TOO_LONG } from "../failure.ts";
import { comesOf } from "../handler-call.ts";
import { HandlerWatch } from "../handler-watch.ts";
import type { Reply } from "../reply.ts";
import { replyOf } from "../reply-of.ts";
import { HttpRequest, type Ends, type RequestSource } from "../request.ts";
import { ForeignReply } from "./foreign-reply.ts";
import type { ReplyOutput } from "./reply-output.ts";

/** Where the body of a request comes from. Nothing is asked of it before somebody reads. */
export interface BodyInput {
  /** Begins to deliver to the visit. */
  start(visit: Visit): void;
  pause(): void;
  resume(): void;
  /** Nobody will read any more. */
  stop(): void;
}

const NOTHING: Uint8Array = new Uint8Array(0);

export class Visit implements RequestSource, BodySource {
  readonly rules: ServerCore;
  readonly ends: Ends;
  readonly body: IncomingBody;
  readonly request: HttpRequest;
  readonly since: number;
  readonly #head: RequestHead;
  readonly #input: BodyInput;
  readonly #reply: ForeignReply;
  trailers: HttpHeaders | null = null;
  task: TaskScope | null = null;
  #failure: Error | null = null;
  #watch: HandlerWatch | null = null;
  /** Whether its task has ended, or is not waited for. */
  #hasEnded = false;
  /** Called when the request is over with. */
  #over: () => void = () => {};

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
    this.body = new IncomingBody(this, head.bodyBytes === 0 ? NOTHING : null);
    this.request = new HttpRequest(head, this);
    this.#reply = new ForeignReply(this.request, ways.output);
  }

  // What becomes of the request, for the log.

  get replyState(): ForeignReply["state"] {
    return this.#reply.state;
  }

  get status(): number {
    return this.#reply.status;
  }

  get bytesSent(): number {
    return this.#reply.bytesSent;
  }

  /** Whether the client has left. */
  get hasLeft(): boolean {
    return this.#reply.isUnwanted;
  }

  // The source of the body.

  get name(): string {
    return `the body of ${requestName(this.request)}`;
  }

  get contentType(): string | null {
    return this.#head.contentType;
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
    this.#reply.isUnwanted = true;
    this.#cancelForLeft();
  }

  /** Handles the request in a task. `over` is called when that has ended, or is not waited for any more. */
  start(over: () => void = () => {}): void {
    const { rules } = this;
    this.#over = over;
    rules.counts.requests++;
    const task = rules.spawn(requestName(this.request), () => this.#run());
    this.task = task;
    if (task.hasEnded) {
      this.#ended();
      return;
    }
    task.rarely.onEnd = () => this.#ended();
    if (rules.plan.handlerMs !== Infinity) this.#watched(task).began();
    if (this.hasLeft) this.#cancelForLeft();
  }

  /** The task was to have ended by now, and has not: what it gives is dropped. */
  abandon(): void {
    if (this.task === null) return;
    this.rules.stuck(this.task, this.request, () => {});
    this.#giveUp(new Error(TOO_LONG));
    this.#ended();
  }

  async #run(): Promise<void> {
    const { handler, handlerMs } = this.rules.plan;
    const scope = currentScope();
    // Somebody waits for the answer: unlike the rest of the background, it keeps the process alive.
    scope.flags &= ~IS_QUIET;
    if (handlerMs !== Infinity)
      setDeadline(scope, scope.engine.host.now() + handlerMs, "its time limit, handlerMs");
    try {
      await this.#reply.send(replyOf(await (handler(this.request) as Reply | PromiseLike<Reply>)));
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #failed(error: unknown): Promise<void> {
    const cancelled = cancellationIn(currentScope(), error);
    if (cancelled !== null) {
      this.#giveUp(error);
      throw cancelled;
    }
    if (this.replyState === "none" && !this.hasLeft) return this.#sendError(error);
    const isKnown = (each: unknown): boolean =>
      (each !== null && each === this.#failure) || this.request.isOfBody(each);
    if (!this.hasLeft) this.#report(error, tooLate(this));
    else if (!comesOf(error, isKnown)) this.#report(error, HAD_LEFT);
    this.#reply.cut(error);
  }

  async #sendError(error: unknown): Promise<void> {
    const isOfBody = error === this.#failure || this.request.isOfBody(error);
    try {
      const reply = replyToError(error, isOfBody);
      if (reply === null) this.#report(error, GOT_500);
      await this.#reply.send(reply ?? errorReply(500));
    } catch (failure) {
      this.#notTaken(failure);
    }
  }

  /** The client is told that its request is cancelled, where there is a way to tell it. */
  #giveUp(error: unknown): void {
    try {
      if (this.replyState === "none" && !this.hasLeft)
        this.#reply.sendWhole(errorReply(503, TOO_LONG), TOO_LONG);
    } catch (failure) {
      this.#notTaken(failure);
    }
    this.#reply.cut(error);
  }

  /** The other server has begun a reply of its own, say. */
  #notTaken(failure: unknown): void {
    this.#report(failure, "The other server did not take its reply, which was cut.");
    this.#reply.cut(failure);
  }

  #report(error: unknown, what: string): void {
    this.rules.failed(error, this.request, what);
  }

  #cancelForLeft(): void {
    if (this.task === null || this.#hasEnded) return;
    this.#watched(this.task).cancelled();
    this.task.cancel("the client has left");
  }

  #watched(task: TaskScope): HandlerWatch {
    return (this.#watch ??= new HandlerWatch(this.rules, task, this));
  }

  #ended(): void {
    this.#hasEnded = true;
    this.#watch?.stop();
    this.#input.stop();
    if (!this.body.isComplete) this.body.close(new StreamClosed("read", this.name, "closed"));
    // A handler that has not noticed that its client has left ends without a reply: whoever waits for one is told all the same.
    this.#reply.cut(new Error("the client has left"));
    this.rules.finished(this);
    this.#over();
  }
}
