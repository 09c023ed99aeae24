/**
 * One request between its call and the last byte of its response: who waits for it, how long it may take, and what it has come to.
 *
 * States:  queue -> (connect) -> send -> head -> body -> over.   From each of them it may fail, be cancelled, or run out of time: over.
 *          From send and head it may go back to queue, once: when a kept connection turns out to be dead.
 *
 * Invariants
 * - `#wait` is parked until there is a response or an error, and null afterwards.
 * - `connection` is the connection while the call is its current one.
 * - When it is over, its limits are lifted, its upload has been stopped, and neither pool nor connection knows of it.
 */
import { storage } from "../../kernel/current.ts";
import type { Scope } from "../../kernel/scope.ts";
import { Disposed } from "../../sync/errors.ts";
import type { BodyReceiver } from "../body/body-source.ts";
import type { HttpHeaders } from "../wire/fields.ts";
import type { BodyCall, CallBody, CallConnection } from "./call-body.ts";
import { CallLimits, type LimitsOwner } from "./call-limits.ts";
import { CallRecord, mayBeSentTwice, type CallWay } from "./call-record.ts";
import { CallWait, type Cancellable } from "./call-wait.ts";
import type { ClientRequest } from "./exchange.ts";
import type { LimitClock } from "./limit-clock.ts";
import { HttpRequestFailed, HttpTimeout, type RequestLimit } from "./request-errors.ts";
import type { HttpResponse } from "./response.ts";
import { tell } from "./trace.ts";

/** What a call needs of the pool that it is of. */
export interface CallOwner {
  readonly clock: LimitClock;
  /** Takes a call out of the queue: `leave` does nothing else yet. */
  leave(call: Call): void;
  giveUp(call: Call): void;
  /** Puts a call into the queue again, for a fresh connection. */
  sendAgain(call: Call): void;
  /** Another response that is to come in place of one that redirects; null for none. Called in the scope of the one who asked. */
  redirected(request: ClientRequest, response: HttpResponse): Promise<HttpResponse> | null;
}

export class Call implements BodyCall, LimitsOwner, Cancellable {
  readonly request: ClientRequest;
  readonly way: CallWay;
  readonly record: CallRecord;
  readonly #owner: CallOwner;
  readonly limits: CallLimits;
  #wait: CallWait | null = null;
  #body: CallBody | null = null;
  isOver = false;
  /** It was on a connection that was dead, and wants a fresh one. */
  isSecondTry = false;
  connection: CallConnection | null = null;
  /** Stops what is sending the body, where that takes its time. */
  stopUpload: (() => void) | null = null;

  constructor(request: ClientRequest, way: CallWay, owner: CallOwner, now: number) {
    this.request = request;
    this.way = way;
    this.record = new CallRecord(request, now);
    this.#owner = owner;
    this.limits = new CallLimits(this, owner.clock, request, now);
    tell("start", request, now);
  }

  /** Waits for the response. */
  park(scope: Scope): Promise<HttpResponse> {
    this.#wait = new CallWait(scope, this.record, this);
    return this.#wait.park();
  }

  /** The scope of the one who waits; null once there is a response, or an error. */
  get scope(): Scope | null {
    return this.#wait === null ? null : this.#wait.scope;
  }

  /** Connections of this key can serve it. */
  get key(): string {
    const { route } = this.way;
    return route === null ? this.request.url.origin : route.key;
  }

  /** It stands in line for a connection; `hasDial`: for one that is on its way already, and was begun for somebody who has gone. */
  queued(now: number, hasDial: boolean): void {
    this.record.phase = hasDial ? "connect" : "queue";
    this.limits.set(hasDial ? "connectMs" : "poolMs", now);
    tell(hasDial ? "connect" : "queued", this.request, now);
  }

  /** A connection is begun for it. How long that may take is the connection's affair. */
  connecting(now: number): void {
    this.record.phase = "connect";
    this.limits.liftPhase();
    tell("connect", this.request, now);
  }

  /** It has a connection, on which it is sent. */
  connected(connection: CallConnection, isReused: boolean, now: number): void {
    const { record } = this;
    this.limits.liftPhase();
    this.connection = connection;
    record.connectedAt = now;
    record.isReused = isReused;
    record.wasSent = true;
    record.phase = "send";
    if (!isReused) tell("connected", this.request, now);
  }

  /** The last byte has been handed on. */
  sent(now: number): void {
    const { record } = this;
    record.sentAt = now;
    tell("sent", this.request, now, record);
    if (record.phase !== "send") return;
    record.phase = "head";
    this.limits.set("firstByteMs", now);
  }

  /** Bytes of the response have come. Until the request has been sent the server need say no more. */
  heard(now: number): void {
    if (this.#body !== null) this.#body.heard(now);
    else if (this.record.phase !== "send") this.limits.heard(now);
  }

  /** The head is there, and perhaps all of the body: then `receiver` is null. */
  answered(response: HttpResponse, body: CallBody, receiver: BodyReceiver | null, now: number): void {
    const { record } = this;
    const wait = this.#wait as CallWait;
    this.#wait = null;
    this.#body = body;
    record.headAt = now;
    record.phase = "body";
    tell("head", this.request, now, response);
    body.awaits(receiver, wait.scope);
    if (receiver === null) this.#end(now);
    if (this.way.follows && response.status >= 300 && response.status < 400)
      this.#redirected(wait, response);
    else wait.wake(response);
  }

  arrived(bytes: Uint8Array): void {
    this.#body?.arrived(bytes);
  }

  /** The last byte of the body is there. */
  ended(now: number, trailers: HttpHeaders | null): void {
    if (this.#body !== null) this.#body.trailers = trailers;
    this.#end(now)?.ended();
  }

  /** It has come to nothing. Whoever calls it has the connection closed, or the call out of the queue. */
  failed(error: Error): void {
    if (this.isOver) return;
    const wait = this.#wait;
    this.#wait = null;
    const receiver = this.#over(error);
    if (wait !== null) wait.fail(error);
    else receiver?.failed(error);
  }

  /** No connection came about. */
  connectFailed(cause: unknown): void {
    this.record.phase = "connect";
    const isTold = cause instanceof HttpTimeout || cause instanceof Disposed;
    this.failed(isTold ? cause : new HttpRequestFailed(this.record.facts, cause));
  }

  /** Its connection is gone, or what came on it cannot be understood. `heardAny`: whether a byte of the response had come. */
  lost(cause: unknown, heardAny: boolean): void {
    this.connection = null;
    if (heardAny || !this.#mayGoAgain()) {
      this.failed(new HttpRequestFailed(this.record.facts, cause));
      return;
    }
    this.isSecondTry = true;
    this.cancelUpload();
    this.#owner.sendAgain(this);
  }

  /** The source of its body has failed, or the body is not as long as it says. */
  uploadFailed(error: Error): void {
    const { connection } = this;
    this.failed(error);
    connection?.cut();
  }

  leaving(): void {
    if (this.connection === null) this.#owner.leave(this);
  }

  /** The scope of the one who waits was cancelled. */
  cancelled(): void {
    this.#wait = null;
    this.giveUp();
  }

  limitPassed(name: RequestLimit | null, limitMs: number): void {
    if (name === null) {
      this.giveUp();
      return;
    }
    const { connection } = this;
    if (connection === null) this.#owner.giveUp(this);
    this.failed(new HttpTimeout(this.record.facts, name, limitMs));
    connection?.cut();
  }

  giveUp(): void {
    if (this.isOver) return;
    const { connection } = this;
    if (connection === null) this.#owner.giveUp(this);
    const error = this.#body?.givenUpError() ?? null;
    this.#over(error)?.close(error as Error);
    connection?.cut();
  }

  #redirected(wait: CallWait, response: HttpResponse): void {
    const other = storage.run(wait.scope, () => this.#owner.redirected(this.request, response));
    if (other === null) wait.wake(response);
    else wait.become(other);
  }

  /** Whether it was the connection that was at fault, and there is no harm in it. */
  #mayGoAgain(): boolean {
    if (this.#wait === null || this.isSecondTry || !this.record.isReused) return false;
    return mayBeSentTwice(this.request);
  }

  #end(now: number): BodyReceiver | null {
    this.record.endAt = now;
    tell("end", this.request, now);
    return this.#over(null);
  }

  /** Returns to whom the end of the body is to be told. */
  #over(error: Error | null): BodyReceiver | null {
    if (this.record.endAt < 0) tell("failed", this.request, this.#owner.clock.now(), { error });
    this.isOver = true;
    this.connection = null;
    this.limits.lift();
    this.cancelUpload();
    return this.#body?.over() ?? null;
  }

  /** The rest of the body is not to be sent. */
  cancelUpload(): void {
    const stop = this.stopUpload;
    this.stopUpload = null;
    stop?.();
  }
}
