/**
 * One request on a connection, and how far its reply has got: from the head of the request to the end of the task that handles it.
 *
 * States of the reply:  none -> begun (its head is on its way) -> whole.      A reply that cannot become whole breaks the connection.
 *                       It begins when the first piece of its body is there: until then what goes wrong can still be answered.
 *
 * Invariants
 * - The handler runs in a task of the server. It is cancelled when there is nobody to answer any more, and the connection goes on when
 *   it has ended, with all that it began. One that does not end in its time (`handlerGraceMs`) is not waited for: the connection ends.
 */
import type { TaskScope } from "../../kernel/task.ts";
import type { IncomingBody } from "../body/incoming-body.ts";
import type { HttpHeaders } from "../wire/fields.ts";
import type { RequestHead } from "../wire/request-head.ts";
import { requestName, type ServerCore } from "./core.ts";
import type { ExchangeConnection } from "./dialogue-connection.ts";
import { HandlerWatch } from "./handler-watch.ts";
import type { ServePlan } from "./options.ts";
import { HttpRequest, type Ends, type RequestSource } from "./request.ts";
import { RequestBody, type BodyOwner } from "./request-body.ts";

/** So much of a body that nobody wants is read, and dropped, so that the connection can be used again. */
export const DISCARD_BYTES = 65_536;

export type ReplyState = "none" | "begun" | "whole" | "broken";

export class Exchange implements BodyOwner, RequestSource {
  readonly connection: ExchangeConnection;
  readonly head: RequestHead;
  readonly request: HttpRequest;
  /** When the head had come, by the turn's clock; where somebody wants to know. */
  readonly since: number;
  /** Null where the request has none, and nobody has asked for it. */
  upload: RequestBody | null;
  task: TaskScope | null = null;
  #watch: HandlerWatch | null = null;
  /** Whether its turn has come, and the end of its task is waited for. */
  isRunning = false;
  /** Whether its task has ended or is not waited for any more, or it was answered without one. */
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
    this.#cancelForLeft();
  }

  /** Its turn has come, and it takes a wait. */
  began(task: TaskScope): void {
    this.task = task;
    if (this.plan.handlerMs !== Infinity) this.#watched(task).began();
    if (this.hasLeft) this.#cancelForLeft();
  }

  /** Its task is cancelled, by the server. */
  cancelling(): void {
    if (this.task !== null) this.#watched(this.task).cancelled();
  }

  /** The task has ended, or is not waited for. What of the body nobody has read by now is dropped. */
  ended(): void {
    this.hasEnded = true;
    this.isRunning = false;
    this.#watch?.stop();
    this.upload?.close();
  }

  /** Its task was to have ended by now, and has not. It goes on without us, and counts until it ends. */
  abandon(): void {
    const { rules, task, request } = this;
    this.closes = true;
    if (task !== null) rules.stuck(task, request, () => rules.admission.leave());
  }

  /** Decides, when the reply begins, whether the connection ends behind it. */
  begin(status: number, closes: boolean): void {
    this.replyState = "begun";
    this.status = status;
    const { isDraining, isStopped } = this.rules;
    this.closes ||= closes || isDraining || isStopped || this.#leavesBody();
  }

  /** The reply will not be whole: the client is to see that. */
  cut(): void {
    if (this.replyState === "whole") return;
    this.replyState = "broken";
    this.connection.destroy(true);
  }

  /** Whether `error` says what was wrong with the body of the request. */
  isOfBody(error: unknown): boolean {
    return (error !== null && error === this.upload?.failure) || this.request.isOfBody(error);
  }

  #cancelForLeft(): void {
    if (this.task === null || this.hasEnded) return;
    this.#watched(this.task).cancelled();
    this.task.cancel("the client has left");
  }

  #watched(task: TaskScope): HandlerWatch {
    return (this.#watch ??= new HandlerWatch(this.rules, task, this.connection));
  }

  /** Whether more of the body is to come than is worth reading, or nobody knows whether it comes. */
  #leavesBody(): boolean {
    const { upload } = this;
    if (upload === null || upload.isComplete) return false;
    return upload.isHeldBack || (upload.leftBytes ?? 0) > DISCARD_BYTES;
  }
}
