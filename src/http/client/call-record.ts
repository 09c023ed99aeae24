import type { ClientRequest, Route } from "./exchange.ts";
import type { RequestFacts, RequestPhase, RequestTimings } from "./request-errors.ts";

/** How a request is sent. */
export interface CallWay {
  /** Null for the direct way. */
  readonly route: Route | null;
  readonly follows: boolean;
}

const NEVER = -1;

const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** Whether the server can have done nothing that a second time would do twice, and there is something to send once more. */
export function mayBeSentTwice({ method, body, options }: ClientRequest): boolean {
  if (!options.retryDeadConnections || !idempotent.has(method)) return false;
  return body === null || body.isRepeatable;
}

/** How far a request has come, and when it came there: for labels, errors and timings. */
export class CallRecord {
  readonly request: ClientRequest;
  phase: RequestPhase = "queue";
  isReused = false;
  wasSent = false;
  /** Its body waits to be asked for: nothing of it has been sent. */
  isBodyHeld = false;
  readonly startedAt: number;
  connectedAt: number = NEVER;
  sentAt: number = NEVER;
  headAt: number = NEVER;
  endAt: number = NEVER;

  constructor(request: ClientRequest, now: number) {
    this.request = request;
    this.startedAt = now;
  }

  /** What the one who asked waits for. */
  get label(): string {
    const { method, url } = this.request;
    switch (this.phase) {
      case "queue":
        return `a connection for ${method} ${url.href}`;
      case "connect":
        return `the connection for ${method} ${url.href}`;
      case "send":
        return `${method} ${url.href} to be sent`;
      default:
        return `the response to ${method} ${url.href}`;
    }
  }

  get facts(): RequestFacts {
    const { method, url, attempt } = this.request;
    const { phase, wasSent, timings } = this;
    return { method, url: url.href, attempt, phase, wasSent, timings };
  }

  get timings(): RequestTimings {
    const since = (at: number): number | null => (at === NEVER ? null : at - this.startedAt);
    return {
      startedAt: this.startedAt,
      connectionMs: since(this.connectedAt),
      sentMs: since(this.sentAt),
      headMs: since(this.headAt),
      endMs: since(this.endAt),
      isReused: this.isReused,
    };
  }
}
