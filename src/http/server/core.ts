/** What all connections of a server share: its plan, its phases, its counts, and the place where requests are handled. */
import { formatError } from "../../base/format-error.ts";
import type { LogRecord } from "../../kernel/instrument.ts";
import { captureContext } from "../../kernel/root-context.ts";
import { currentRuntime, type Runtime } from "../../kernel/runtime.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { TaskScope } from "../../kernel/task.ts";
import type { TaskGroup } from "../../kernel/task-group.ts";
import { snapshotOf } from "../../kernel/snapshot.ts";
import { formatTree } from "../../kernel/tree-text.ts";
import { accessRecord, type Finished } from "./access-log.ts";
import { Admission } from "./admission.ts";
import { DateLine } from "./date-line.ts";
import { Phase, Phases } from "./phases.ts";
import type { ServePlan } from "./options.ts";
import type { HttpRequest, RequestRules } from "./request.ts";

/** What has happened so far. */
export interface Counts {
  accepted: number;
  refused: number;
  handshakeErrors: number;
  acceptErrors: number;
  /** Requests that began. */
  requests: number;
  answered: number;
  cancelled: number;
  overloaded: number;
  failed: number;
  malformed: number;
  timedOut: number;
  /** Handlers that were cancelled, and have not ended in their time. They are counted while they run. */
  stuck: number;
}

function noCounts(): Counts {
  return {
    accepted: 0,
    refused: 0,
    handshakeErrors: 0,
    acceptErrors: 0,
    requests: 0,
    answered: 0,
    cancelled: 0,
    overloaded: 0,
    failed: 0,
    malformed: 0,
    timedOut: 0,
    stuck: 0,
  };
}

export class ServerCore implements RequestRules {
  readonly plan: ServePlan;
  readonly runtime: Runtime = currentRuntime();
  readonly counts: Counts = noCounts();
  readonly phases: Phases;
  readonly handshake: Phase;
  readonly head: Phase;
  readonly idle: Phase;
  readonly grace: Phase;
  readonly body: Phase;
  readonly send: Phase;
  readonly linger: Phase;
  readonly farewell: Phase;
  /** Of handlers: those that have a time limit, and those that are cancelled. */
  readonly handling: Phase;
  readonly ending: Phase;
  readonly admission: Admission;
  readonly date: DateLine;
  /** No more connections come; each is closed when it has nothing to do. */
  isDraining = false;
  #isStopped = false;
  readonly #inContext: <R>(callback: () => R) => R = captureContext();
  #group: TaskGroup | null = null;
  #scope: Scope | null = null;
  #idPrefix = "";
  #lastId = 0;

  constructor(plan: ServePlan) {
    this.plan = plan;
    this.handshake = new Phase("handshake", plan.handshakeMs);
    this.head = new Phase("head", plan.headMs);
    this.idle = new Phase("idle", plan.idleMs);
    this.grace = new Phase("grace", plan.closeGraceMs);
    this.body = new Phase("body", plan.bodyCheckMs);
    this.send = new Phase("send", plan.sendMs);
    this.linger = new Phase("linger", plan.lingerMs);
    this.farewell = new Phase("farewell", plan.farewellMs);
    const queue = new Phase("queue", plan.queueMs);
    // What ends at once when it is cancelled has ended before the next tick.
    this.ending = new Phase("ending", Math.max(plan.handlerGraceMs, 1));
    this.handling = new Phase("handling", plan.handlerMs);
    const { handshake, head, idle, grace, body, send, linger, farewell, ending, handling } = this;
    const ofConnections = [handshake, head, idle, grace, body, send, linger, farewell, queue];
    // Looked at in this order: what passes from `handling` to `ending` is not looked at again in the same tick.
    this.phases = new Phases(this.runtime, [...ofConnections, ending, handling]);
    this.admission = new Admission(this.phases, queue, plan.maxRequests, plan.maxQueuedRequests);
    this.date = new DateLine(this.runtime);
  }

  get trust(): ServePlan["trust"] {
    return this.plan.trust;
  }

  get idHeader(): string {
    return this.plan.requestIdHeader;
  }

  nextId(): string {
    if (this.#idPrefix === "")
      this.#idPrefix = Math.floor(this.runtime.host.random() * 36 ** 7)
        .toString(36)
        .padStart(7, "0");
    return `${this.#idPrefix}-${(++this.#lastId).toString(36)}`;
  }

  /** `scope`: that of the group, where the server ends with it. */
  begin(group: TaskGroup, scope: Scope | null): void {
    this.#group = group;
    this.#scope = scope;
  }

  /** Whether the time to drain is over, or the server is cancelled: no handler begins any more. */
  get isStopped(): boolean {
    return this.#isStopped || (this.#scope !== null && this.#scope.blocked !== null);
  }

  /** The time to drain is over. */
  stop(): void {
    this.isDraining = true;
    this.#isStopped = true;
  }

  /** Runs `fn` as a task of the server, in the context of the one who made it. */
  spawn(name: string, fn: () => unknown): TaskScope {
    const group = this.#group as TaskGroup;
    return this.#inContext(() => group.spawn(name, fn)) as TaskScope;
  }

  inContext<T>(fn: () => T): T {
    return this.#inContext(fn);
  }

  /** A request is over: answered, or not to be answered any more. */
  finished(exchange: Finished): void {
    const { counts } = this;
    if (exchange.replyState === "whole") counts.answered++;
    // One that was sending when its client left may have met that as an error before its cancellation.
    const wasLeft = exchange.hasLeft && exchange.replyState !== "whole";
    // A task that still runs was cancelled, and is stuck.
    const state = exchange.task?.state;
    if (wasLeft || state === "cancelled" || state === "running") counts.cancelled++;
    if (this.plan.accessLog) this.#log(accessRecord(exchange, this.runtime.turn.stamp));
  }

  /** A handler was cancelled, and has not ended in its time. It is awaited all the same, by `close` too; `onEnd` is called then. */
  stuck(task: TaskScope, request: HttpRequest, onEnd: () => void): void {
    const { counts } = this;
    counts.stuck++;
    task.rarely.onEnd = () => {
      counts.stuck--;
      onEnd();
    };
    const message = `the handler of ${requestName(request)} (request ${request.id}) was cancelled, and has not ended within ${this.plan.handlerGraceMs} ms. Its task still runs, and counts as in flight; nobody waits for its reply any more. It swallows its cancellation, or waits for a promise that knows of none.`;
    this.#log({
      level: "warning",
      code: "TSY_HANDLER_STUCK",
      message: `${message}\n${formatTree(snapshotOf(task))}`,
    });
  }

  /** The server is closed, but for handlers that do not end. */
  closeWaits(): void {
    const { stuck } = this.counts;
    if (stuck === 0) return;
    const message = `close of a server waits for handlers that were cancelled before, and have not ended. There are ${stuck}; the log has named each.`;
    this.#log({ level: "warning", code: "TSY_HANDLER_STUCK", message });
  }

  /** A handler has failed, and nobody but the log learns why. */
  failed(error: unknown, request: HttpRequest, what: string): void {
    this.counts.failed++;
    const { onError } = this.plan;
    if (onError !== null) {
      this.#tell(onError, error, request);
      return;
    }
    const message = `the handler of ${requestName(request)} (request ${request.id}) threw. ${what}\n${formatError(error)}`;
    this.#log({ level: "warning", code: "TSY_HANDLER_FAILED", message });
  }

  /** What fails in `onError` is told to the log: a client must not be able to end the server by it. */
  #tell(onError: NonNullable<ServePlan["onError"]>, error: unknown, request: HttpRequest): void {
    const failed = (failure: unknown): void => {
      const message = `onError of serve failed itself, told of what the handler of ${requestName(request)} threw.\n${formatError(failure)}\n${formatError(error)}`;
      this.#log({ level: "warning", code: "TSY_HANDLER_FAILED", message });
    };
    try {
      const told: unknown = onError(error, request);
      if (told instanceof Promise) told.catch(failed);
    } catch (failure) {
      failed(failure);
    }
  }

  /** A sink that throws must not disturb the connection. */
  #log(record: LogRecord): void {
    this.runtime.guard(() => this.runtime.log(record));
  }
}

const LONGEST_NAME = 200;

/** What messages and tasks call a request: `GET /path`. Without its query, which is nobody's business. */
export function requestName(request: Pick<HttpRequest, "method" | "path">): string {
  const { path } = request;
  return `${request.method} ${path.length > LONGEST_NAME ? `${path.slice(0, LONGEST_NAME)}...` : path}`;
}
