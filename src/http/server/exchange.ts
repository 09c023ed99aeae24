/**
 * One request on a connection, and what is answered: from the head of the request to the end of the task that handles it.
 *
 * States of the reply:  none -> begun (its head is on its way) -> whole.      A reply that cannot become whole breaks the connection.
 *
 * Invariants
 * - The handler runs in a task of the server. It is cancelled when there is nobody to answer any more, and the connection goes on when
 *   it has ended, with all that it began.
 * - What a handler throws ends here: as a reply, as a record in the log, or as the cancellation of its task.
 */
import { cancellationIn } from "../../kernel/cancellation-in.ts";
import { currentScope } from "../../kernel/current.ts";
import type { Task } from "../../kernel/task.ts";
import type { IncomingBody } from "../body/incoming-body.ts";
import type { HttpHeaders } from "../wire/fields.ts";
import type { RequestHead } from "../wire/request-head.ts";
import { requestName, type ServerCore } from "./core.ts";
import type { ExchangeConnection } from "./dialogue-connection.ts";
import { errorReply, replyToError } from "./failure.ts";
import { callHandler, comesOf, isPromiseLike } from "./handler-call.ts";
import type { ServePlan } from "./options.ts";
import { discard, type HttpReply } from "./reply.ts";
import { HttpRequest, type Ends, type RequestSource } from "./request.ts";
import { RequestBody, type BodyOwner } from "./request-body.ts";

/** So much of a body that nobody wants is read, and dropped, so that the connection can be used again. */
export const DISCARD_BYTES = 65_536;

const GOT_500 = "The client got 500, and no details.";
const WAS_CUT = "The reply had begun: its connection was cut.";

export type ReplyState = "none" | "begun" | "whole" | "broken";

export class Exchange implements BodyOwner, RequestSource {
  readonly connection: ExchangeConnection;
  readonly head: RequestHead;
  readonly request: HttpRequest;
  /** When the head had come, by the turn's clock; where somebody wants to know. */
  readonly since: number;
  /** Null where the request has none, and nobody has asked for it. */
  upload: RequestBody | null;
  task: Task | null = null;
  /** Whether its turn has come, and its task has not ended. */
  isRunning = false;
  /** Whether its task has ended, or it was answered without one. */
  hasEnded = false;
  /** Whether the client has left, or broken its request off. */
  hasLeft = false;
  /** Whether the connection ends behind the reply. */
  closes: boolean;
  replyState: ReplyState = "none";
  status = 0;
  bytesSent = 0;

  constructor(connection: ExchangeConnection, head: RequestHead) {
    this.connection = connection;
    this.head = head;
    this.since = this.plan.accessLog ? this.rules.runtime.turn.stamp : 0;
    this.upload = head.bodyBytes === 0 ? null : new RequestBody(this);
    // What follows a CONNECT was meant for somebody else, perhaps: it is not read as HTTP.
    this.closes = !head.keepsAlive || head.method === "CONNECT";
    this.request = new HttpRequest(head, this);
  }

  get rules(): ServerCore {
    return this.connection.core;
  }

  get plan(): ServePlan {
    return this.connection.core.plan;
  }

  get name(): string {
    return requestName(this.request);
  }

  get ends(): Ends {
    return this.connection.ends;
  }

  get body(): IncomingBody {
    return (this.upload ??= new RequestBody(this)).incoming;
  }

  get trailers(): HttpHeaders | null {
    return this.upload === null ? null : this.upload.trailers;
  }

  get isBodyComplete(): boolean {
    return this.upload === null || this.upload.isComplete;
  }

  pause(): void {
    this.connection.pause();
  }

  resume(): void {
    this.connection.resume();
  }

  askForBody(): void {
    if (this.replyState === "none" && !this.hasLeft) this.connection.sendContinue();
    else this.connection.watchBody();
  }

  /** No more of the body will come. */
  bodyFailed(error: Error): void {
    this.closes = true;
    this.upload?.failed(error);
  }

  /** The client has left: nobody waits for the reply. `error` is for those who read a body that has not come. */
  left(error: Error | null): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.closes = true;
    if (error !== null && !this.isBodyComplete) this.bodyFailed(error);
    this.task?.cancel("the client has left");
  }

  /** The task has ended. What of the body nobody has read by now is dropped. */
  ended(): void {
    this.hasEnded = true;
    this.isRunning = false;
    this.upload?.close();
  }

  /** Decides, when the reply begins, whether the connection ends behind it. */
  begin(status: number, closes: boolean): void {
    this.replyState = "begun";
    this.status = status;
    const { isDraining, isStopped } = this.rules;
    this.closes ||= closes || isDraining || isStopped || this.#leavesBody();
  }

  /** Runs the handler, and sends what it answers. Called in the task; gives a promise where that takes a wait. */
  run(send: Send): Promise<void> | undefined {
    let sending: Promise<void> | undefined;
    try {
      const value = callHandler(this.plan, this.request);
      if (isPromiseLike(value)) return this.#later(value, send);
      sending = this.#answer(value, send);
    } catch (error) {
      return this.#failed(error, send);
    }
    return sending === undefined ? undefined : this.#sent(sending, send);
  }

  async #later(value: PromiseLike<unknown>, send: Send): Promise<void> {
    try {
      const sending = this.#answer(await value, send);
      if (sending !== undefined) await sending;
    } catch (error) {
      await this.#failed(error, send);
    }
  }

  async #sent(sending: Promise<void>, send: Send): Promise<void> {
    try {
      await sending;
    } catch (error) {
      await this.#failed(error, send);
    }
  }

  #answer(value: unknown, send: Send): Promise<void> | undefined {
    return this.hasLeft || this.replyState !== "none" ? discard(value) : send(this, value);
  }

  /** Answers an error, as far as there is somebody to be answered. Throws a cancellation, which ends the task. */
  #failed(error: unknown, send: Send): Promise<void> | undefined {
    const cancelled = cancellationIn(currentScope(), error);
    if (cancelled !== null) {
      if (this.replyState !== "none") this.#broken(error, true);
      else if (!this.hasLeft && !this.connection.output.isBackedUp)
        void send(this, this.#replyToCancellation());
      throw cancelled;
    }
    if (this.replyState !== "none") this.#broken(error, false);
    else if (this.hasLeft) this.#report(error, "Its client had left.");
    else return this.#sendError(error, send);
    return undefined;
  }

  #sendError(error: unknown, send: Send): Promise<void> | undefined {
    try {
      return this.#tell(send(this, this.#replyTo(error)));
    } catch (failure) {
      // A class of the handler's own says what cannot be sent.
      if (this.replyState !== "none") {
        this.#broken(failure, false);
        return undefined;
      }
      this.#report(failure, GOT_500);
      return this.#tell(send(this, errorReply(500)));
    }
  }

  #tell(sending: Promise<void> | undefined): Promise<void> | undefined {
    return sending?.catch((error: unknown) => {
      const cancelled = cancellationIn(currentScope(), error);
      this.#broken(error, cancelled !== null);
      if (cancelled !== null) throw cancelled;
    });
  }

  #broken(error: unknown, isCancelled: boolean): void {
    const isWhole = this.replyState === "whole";
    const isClients = this.#isOfBody(error) && replyToError(error, true) !== null;
    if (!isCancelled && !isClients) this.#report(error, isWhole ? "The reply was sent." : WAS_CUT);
    if (isWhole) return;
    this.replyState = "broken";
    this.connection.destroy(true);
  }

  #replyTo(error: unknown): HttpReply {
    const reply = replyToError(error, this.#isOfBody(error));
    if (reply === null) this.#report(error, GOT_500);
    return reply ?? errorReply(500);
  }

  #isOfBody(error: unknown): boolean {
    return (error !== null && error === this.upload?.failure) || this.request.isOfBody(error);
  }

  /** An error is told to the log, unless it says no more than that the client has left. */
  #report(error: unknown, what: string): void {
    const { output } = this.connection;
    const isKnown = (each: unknown): boolean => this.#isOfBody(each) || output.isItsError(each);
    if (!this.hasLeft || !comesOf(error, isKnown)) this.rules.failed(error, this.request, what);
  }

  #replyToCancellation(): HttpReply {
    if (!this.rules.isStopped) return errorReply(503, "the server took too long");
    this.closes = true;
    return errorReply(503, "the server is shutting down");
  }

  /** Whether more of the body is to come than is worth reading, or nobody knows whether it comes. */
  #leavesBody(): boolean {
    const { upload } = this;
    if (upload === null || upload.isComplete) return false;
    return upload.isHeldBack || (upload.leftBytes ?? 0) > DISCARD_BYTES;
  }
}

/** Sends a reply. Gives a promise where that takes a wait; what it throws before the reply has begun can still be answered. */
export type Send = (exchange: Exchange, value: unknown) => Promise<void> | undefined;
