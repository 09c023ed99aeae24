/**
 * Requests and replies on one connection: each request is read, handled and answered before the next is looked at.
 *
 * Invariants
 * - There is one exchange at a time. What comes behind its request stays in the reader; beyond 64 KiB the connection is paused.
 * - The connection is in a phase, but for the time in which it is ours to act: while a handler runs and nothing is waited for.
 * - `#isReading` while the loop of `#read` runs: a request that is answered at once is one more round of it, not a call inside a call.
 * - `#isBroken` once what came is no HTTP, or came too slowly: nothing is read any more.
 */
import { inRoot } from "../../kernel/root-context.ts";
import { HttpProtocolError } from "../wire/errors.ts";
import { MORE } from "../wire/events.ts";
import { RequestReader } from "../wire/request-reader.ts";
import { send } from "./answer.ts";
import type { ConnectionOutput } from "./connection-output.ts";
import type { DialogueConnection } from "./dialogue-connection.ts";
import { goOn, phaseOfBody, phaseOfHead, readUpload } from "./dialogue-phases.ts";
import { requestName, type ServerCore } from "./core.ts";
import { Exchange } from "./exchange.ts";
import { errorReply, SHUTTING_DOWN, textOf } from "./failure.ts";
import { giveUp, handle } from "./handling.ts";
import { HttpError } from "./http-error.ts";
import type { HttpReply } from "./reply.ts";
import type { RequestBody } from "./request-body.ts";

/** So many bytes of requests are read ahead. */
const HIGH_WATER_BYTES = 65_536;

export class Dialogue {
  readonly #core: ServerCore;
  readonly #output: ConnectionOutput;
  readonly #connection: DialogueConnection;
  readonly #reader: RequestReader;
  #exchange: Exchange | null = null;
  #isReading = false;
  #isBroken = false;
  #hasEnded = false;
  #onTaskEnd: (() => void) | null = null;

  constructor(connection: DialogueConnection) {
    this.#core = connection.core;
    this.#output = connection.output;
    this.#connection = connection;
    this.#reader = new RequestReader(this.#core.plan.limits);
  }

  /** Whether nothing of a request is there. */
  get isIdle(): boolean {
    return this.#exchange === null && this.#reader.isBetweenMessages;
  }

  arrived(bytes: Uint8Array): void {
    if (this.#isBroken) return;
    this.#reader.push(bytes);
    this.#read();
  }

  /** The client has ended its data. */
  ended(): void {
    const exchange = this.#exchange;
    this.#hasEnded = true;
    if (exchange === null) this.#connection.linger(false);
    else if (!exchange.isBodyComplete) {
      this.#output.lose("it ended its data within a body");
      this.left(true);
    } else if (!this.#core.plan.allowHalfClose) this.left(false);
  }

  /** What was written has been taken. */
  drained(): void {
    const exchange = this.#exchange;
    if (exchange === null || !exchange.hasEnded) this.watchBody();
    else this.#settle(exchange);
    this.#read();
  }

  /** The client has left: nobody waits for the reply. `isLost`: nothing can come or go any more, either. */
  left(isLost: boolean): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    exchange.left(isLost ? this.#output.error : null);
    // A reply that is whole goes out to its end. Else it waited for its turn, or for the rest of a body that nobody wants.
    if (exchange.isRunning || (exchange.hasEnded && !isLost)) return;
    this.#exchange = null;
    if (!exchange.hasEnded) this.#core.finished(exchange);
    this.#connection.destroy(false);
  }

  /** The client must send, and not too slowly, while its body is due and we take it. */
  watchBody(): void {
    phaseOfBody(this.#connection, this.#isBroken ? null : (this.#exchange?.upload ?? null));
  }

  /** The turn of the request has come. */
  admitted(): void {
    if (this.#exchange !== null) this.#start(this.#exchange);
    this.#read();
  }

  /** The handlers of the server are cancelled, and no other begins. */
  cancelling(): void {
    const exchange = this.#exchange;
    if (exchange?.isRunning === true) exchange.cancelling();
    else if (exchange?.hasEnded === false) this.#turnDown(errorReply(503, SHUTTING_DOWN));
  }

  /** The handler was to have ended by now, and has not: the connection ends without it. */
  abandon(): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    exchange.abandon();
    giveUp(exchange);
    this.#ended(exchange);
  }

  /** The time has come to look how much of the body has come since the last look. */
  checkRate(): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    if (exchange.upload?.isFastEnough() !== true) {
      this.#core.counts.timedOut++;
      this.#breakOff(exchange, new HttpError(408, "the body came too slowly"));
    } else this.watchBody();
  }

  /** The request waited too long for its turn, or too many do. */
  overload(): void {
    this.#core.counts.overloaded++;
    this.#turnDown(errorReply(503, "the server is busy", "retry-after: 1\r\n"));
    this.#read();
  }

  /** Answers a request that no handler has seen. */
  #turnDown(reply: HttpReply): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    void send(exchange, reply);
    this.#ended(exchange);
  }

  /** Reads requests, and has them handled, as long as each is answered at once. */
  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (!this.#isBroken && this.#connection.isOpen && this.#step());
    } catch (error) {
      if (!(error instanceof HttpProtocolError)) throw error;
      this.#refuse(error);
    } finally {
      this.#isReading = false;
    }
  }

  /** False when there is nothing to be read, or not now. */
  #step(): boolean {
    const exchange = this.#exchange;
    if (exchange === null) return this.#readHead();
    const { upload } = exchange;
    if (upload !== null && !upload.isComplete) return this.#readBody(exchange, upload);
    if (this.#reader.unreadBytes > HIGH_WATER_BYTES) this.#connection.pause();
    return false;
  }

  #readHead(): boolean {
    const core = this.#core;
    if (this.#reader.next() === MORE) {
      if (this.#hasEnded) this.#connection.linger(false);
      else phaseOfHead(this.#connection, this.#reader);
      return false;
    }
    core.phases.leave(this.#connection);
    core.counts.requests++;
    const exchange = new Exchange(this.#connection, this.#reader.head);
    this.#exchange = exchange;
    const { upload } = exchange;
    // What of the body came along is there when the handler begins.
    if (upload === null) this.#reader.next();
    else while (!upload.isComplete && this.#readBody(exchange, upload));
    if (this.#hasEnded && !exchange.isBodyComplete) this.ended();
    else if (core.admission.tryEnter()) this.#start(exchange);
    else if (!core.admission.tryQueue(this.#connection)) this.overload();
    return true;
  }

  /** False when nothing more of it is there. */
  #readBody(exchange: Exchange, upload: RequestBody): boolean {
    const goesOn = readUpload(this.#connection, this.#reader, upload);
    if (upload.isComplete && exchange.hasEnded) this.#settle(exchange);
    return goesOn;
  }

  #start(exchange: Exchange): void {
    if (this.#core.isStopped) {
      this.#core.admission.leave();
      this.#turnDown(errorReply(503, SHUTTING_DOWN));
      return;
    }
    exchange.isRunning = true;
    if (!exchange.isBodyComplete) this.watchBody();
    const task = this.#core.spawn(requestName(exchange.request), () => handle(exchange));
    if (task.state === "running") {
      task.rarely.onEnd = this.#onTaskEnd ??= () => this.#taskEnded();
      exchange.began(task);
      return;
    }
    this.#core.admission.leave();
    this.#ended(exchange);
  }

  #taskEnded(): void {
    this.#core.admission.leave();
    if (this.#exchange !== null) this.#ended(this.#exchange);
    inRoot(() => this.#read());
  }

  #ended(exchange: Exchange): void {
    exchange.ended();
    this.#core.finished(exchange);
    this.#settle(exchange);
  }

  /** The task of the exchange has ended: what becomes of the connection, once the client has taken all. */
  #settle(exchange: Exchange): void {
    const connection = this.#connection;
    if (this.#output.isBackedUp && connection.isOpen) return;
    if (!connection.isOpen || exchange.isBodyComplete || exchange.closes) this.#exchange = null;
    goOn(connection, exchange, this.#isBroken);
  }

  #refuse(error: HttpProtocolError): void {
    this.#core.counts.malformed++;
    const exchange = this.#exchange;
    if (exchange === null) {
      this.#connection.sayLast(error.status, textOf(error));
      return;
    }
    this.#breakOff(exchange, error);
    if (!exchange.isRunning && !exchange.hasEnded)
      this.#turnDown(errorReply(error.status, textOf(error)));
  }

  /** No more of the body will come, nor anything behind it. */
  #breakOff(exchange: Exchange, error: Error): void {
    this.#isBroken = true;
    this.watchBody();
    exchange.bodyFailed(error);
    if (exchange.hasEnded) this.#connection.linger(true);
  }
}
