/** What a connection is for what is said on it. */
import type { Waiting } from "./admission.ts";
import type { ConnectionOutput } from "./connection-output.ts";
import type { ServerCore } from "./core.ts";
import type { Ends } from "./request.ts";

/** What an exchange asks of its connection. */
export interface ExchangeConnection {
  readonly core: ServerCore;
  readonly ends: Ends;
  readonly output: ConnectionOutput;
  /** The body comes faster than it is read, or not any more. */
  pause(): void;
  resume(): void;
  /** Tells the client to send the body that it holds back. */
  sendContinue(): void;
  /** The body is due: it must come, and not too slowly. */
  watchBody(): void;
  /** The handler was to have ended by now, and has not. */
  abandon(): void;
  /** Closes at once; with `reset` so that the client sees that something is missing. */
  destroy(reset: boolean): void;
}

/** What a dialogue asks of its connection. */
export interface DialogueConnection extends ExchangeConnection, Waiting {
  readonly isOpen: boolean;
  readonly isPaused: boolean;
  /** Ends our data; what still comes is dropped. `maySend`: the client is not done, and must hear of it before it is cut off. */
  linger(maySend: boolean): void;
  /** Answers what cannot be handled, and lingers. */
  sayLast(status: number, text: string): void;
}
