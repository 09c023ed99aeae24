/**
 * The handling of a request, in its task: its handler is called, and what that gives is sent.
 *
 * Invariants
 * - What a handler throws ends here: as a reply, as a record in the log, or as the cancellation of its task.
 * - What it gives when nobody waits for it any more is dropped, and closed.
 */
import { cancellationIn } from "../../kernel/cancellation-in.ts";
import { currentScope } from "../../kernel/current.ts";
import { send } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import {
  errorReply,
  GOT_500,
  HAD_LEFT,
  replyToError,
  SHUTTING_DOWN,
  tooLate,
  TOO_LONG,
} from "./failure.ts";
import { callHandler, comesOf, isPromiseLike } from "./handler-call.ts";
import type { HttpReply } from "./reply.ts";
import { discard } from "./reply-of.ts";

/** Runs the handler, and sends what it answers. Called in the task; gives a promise where that takes a wait. */
export function handle(exchange: Exchange): Promise<void> | undefined {
  let sending: Promise<void> | undefined;
  try {
    const value = callHandler(exchange.plan, exchange.request);
    if (isPromiseLike(value)) return answerLater(exchange, value);
    sending = answer(exchange, value);
  } catch (error) {
    return failed(exchange, error);
  }
  return sending === undefined ? undefined : sent(exchange, sending);
}

/** The client is told that its request is cancelled, where there is a way to tell it. */
export function giveUp(exchange: Exchange): void {
  // What is backed up before a reply is the leave to send the body: the client takes nothing.
  if (exchange.replyState !== "none" || exchange.connection.output.isBackedUp) exchange.cut();
  else if (!exchange.hasLeft) void send(exchange, replyToCancellation(exchange));
}

async function answerLater(exchange: Exchange, value: PromiseLike<unknown>): Promise<void> {
  try {
    const sending = answer(exchange, await value);
    if (sending !== undefined) await sending;
  } catch (error) {
    await failed(exchange, error);
  }
}

async function sent(exchange: Exchange, sending: Promise<void>): Promise<void> {
  try {
    await sending;
  } catch (error) {
    await failed(exchange, error);
  }
}

function answer(exchange: Exchange, value: unknown): Promise<void> | undefined {
  return exchange.hasLeft || exchange.replyState !== "none" ? discard(value) : send(exchange, value);
}

/** Answers an error, as far as there is somebody to be answered. Throws a cancellation, which ends the task. */
function failed(exchange: Exchange, error: unknown): Promise<void> | undefined {
  const cancelled = cancellationIn(currentScope(), error);
  if (cancelled !== null) {
    giveUp(exchange);
    throw cancelled;
  }
  if (exchange.replyState !== "none") broken(exchange, error);
  else if (exchange.hasLeft) report(exchange, error, HAD_LEFT);
  else return sendError(exchange, error);
  return undefined;
}

function sendError(exchange: Exchange, error: unknown): Promise<void> | undefined {
  try {
    return told(exchange, send(exchange, replyTo(exchange, error)));
  } catch (failure) {
    // A class of the handler's own says what cannot be sent.
    if (exchange.replyState !== "none") {
      broken(exchange, failure);
      return undefined;
    }
    report(exchange, failure, GOT_500);
    return told(exchange, send(exchange, errorReply(500)));
  }
}

function told(exchange: Exchange, sending: Promise<void> | undefined): Promise<void> | undefined {
  return sending?.catch((error: unknown) => {
    const cancelled = cancellationIn(currentScope(), error);
    if (cancelled === null) broken(exchange, error);
    else {
      exchange.cut();
      throw cancelled;
    }
  });
}

function broken(exchange: Exchange, error: unknown): void {
  const isClients = exchange.isOfBody(error) && replyToError(error, true) !== null;
  if (!isClients) report(exchange, error, tooLate(exchange));
  exchange.cut();
}

function replyTo(exchange: Exchange, error: unknown): HttpReply {
  const reply = replyToError(error, exchange.isOfBody(error));
  if (reply === null) report(exchange, error, GOT_500);
  return reply ?? errorReply(500);
}

/** An error is told to the log, unless it says no more than that the client has left. */
function report(exchange: Exchange, error: unknown, what: string): void {
  const { output } = exchange.connection;
  const isKnown = (each: unknown): boolean => exchange.isOfBody(each) || output.isItsError(each);
  if (!exchange.hasLeft || !comesOf(error, isKnown)) exchange.rules.failed(error, exchange.request, what);
}

function replyToCancellation(exchange: Exchange): HttpReply {
  if (!exchange.rules.isStopped) return errorReply(503, TOO_LONG);
  exchange.closes = true;
  return errorReply(503, SHUTTING_DOWN);
}
