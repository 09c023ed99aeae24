/** The connections of a server: each one is a task, from the turn in which the network hands it over to the close of its stream. */
import { formatError } from "../../base/format-error.ts";
import { brandOf } from "../../base/tsyncio-error.ts";
import { cancellationIn } from "../../kernel/cancellation-in.ts";
import { currentScope } from "../../kernel/current.ts";
import { captureContext } from "../../kernel/root-context.ts";
import { currentRuntime, type Runtime } from "../../kernel/runtime.ts";
import type { TaskGroup } from "../../kernel/task-group.ts";
import { Event } from "../../sync/event.ts";
import { ConnectionReset, LimitOverrun, reasonOf, TlsFailed, UnexpectedEnd } from "../errors.ts";
import { ByteStream } from "../stream/byte-stream.ts";
import type { Transport } from "../stream/transport.ts";
import { formatAddress } from "./address.ts";
import type { Served } from "./server-life.ts";
import { startTlsServer } from "./tls.ts";
import type { TlsServerOptions } from "./tls-options.ts";

/** What is done with a connection. The stream is closed when it returns, and cut when it throws. */
export type ConnectionHandler = (stream: ByteStream) => unknown;

/** How connections are served. */
export interface ConnectionPlan {
  readonly handler: ConnectionHandler;
  readonly tls: TlsServerOptions | null;
  readonly maxConnections: number;
  readonly onError: ((error: unknown) => void) | null;
}

/** Figures about the connections of a server. */
export interface ConnectionStats {
  /** Connections that are open now. */
  readonly connections: number;
  /** All that were served so far, and those that were reset because there were too many. */
  readonly accepted: number;
  readonly refused: number;
  /** Connections that ended with an error, of the handler or of the connection. */
  readonly failed: number;
  /** How often the platform could not accept a connection: for lack of descriptors, say. */
  readonly acceptErrors: number;
}

/** What a peer can bring about, and a server must take as it comes. */
const causedByPeers: ReadonlySet<string> = new Set([
  ConnectionReset.code,
  LimitOverrun.code,
  TlsFailed.code,
  UnexpectedEnd.code,
]);

export class Connections implements Served {
  readonly #plan: ConnectionPlan;
  readonly #runtime: Runtime = currentRuntime();
  readonly #inContext: <R>(callback: () => R) => R = captureContext();
  readonly #isIdle: Event = new Event();
  #group: TaskGroup | null = null;
  #open = 0;
  #accepted = 0;
  #refused = 0;
  #failed = 0;
  #acceptErrors = 0;

  constructor(plan: ConnectionPlan) {
    this.#plan = plan;
    this.#isIdle.set();
  }

  /** From now on connections are served, in tasks of `group`. */
  begin(group: TaskGroup): void {
    this.#group = group;
  }

  drained(): Promise<void> {
    return this.#isIdle.wait();
  }

  cancelling(): void {}

  /** Each connection is a task: none is left. */
  async dropped(): Promise<void> {}

  connected(transport: Transport): void {
    if (this.#open >= this.#plan.maxConnections || this.#group?.stats().closed !== false) {
      this.#refused++;
      transport.destroy(true);
      return;
    }
    this.#accepted++;
    this.#open++;
    this.#isIdle.clear();
    // Here, not in the task: among many spawned at once it may start later, and a transport waits for nobody.
    const stream = new ByteStream(transport);
    const group = this.#group;
    this.#inContext(() => group.spawn("connection", () => this.#serve(stream)));
  }

  acceptFailed(error: unknown): void {
    this.#acceptErrors++;
    this.#warn("TSY_ACCEPT_FAILED", `a connection could not be accepted: ${reasonOf(error)}.`);
  }

  stats(): ConnectionStats {
    return {
      connections: this.#open,
      accepted: this.#accepted,
      refused: this.#refused,
      failed: this.#failed,
      acceptErrors: this.#acceptErrors,
    };
  }

  async #serve(accepted: ByteStream): Promise<void> {
    const { handler, tls } = this.#plan;
    let stream = accepted;
    try {
      if (tls !== null) stream = await startTlsServer(accepted, tls);
      await handler(stream);
    } catch (error) {
      const cancelled = cancellationIn(currentScope(), error);
      if (cancelled !== null) throw cancelled;
      this.#failed++;
      stream.abort();
      this.#report(error, stream);
    } finally {
      await stream.close();
      if (--this.#open === 0) this.#isIdle.set();
    }
  }

  #report(error: unknown, stream: ByteStream): void {
    if (causedByPeers.has(brandOf(error) ?? "")) return;
    const { onError } = this.#plan;
    if (onError !== null) this.#runtime.guard(() => onError(error));
    else {
      const peer = formatAddress(stream.remote);
      const message = `the handler of a connection from ${peer} threw. Its connection was cut, the server goes on.`;
      this.#warn("TSY_HANDLER_FAILED", `${message}\n${formatError(error)}`);
    }
  }

  #warn(code: "TSY_ACCEPT_FAILED" | "TSY_HANDLER_FAILED", message: string): void {
    this.#runtime.log({ level: "warning", code, message });
  }
}
