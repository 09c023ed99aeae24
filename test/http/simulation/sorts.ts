/** Sorts of programs: what is drawn for each, what may strike it, and what must be answered in it. */
import type { HttpClientOptions, ServeOptions } from "../../../src/http.ts";
import type { NetworkOptions, SimulateOptions } from "../../../src/testing.ts";
import { isIdempotent, type Order, type Outcome } from "./customers.ts";
import type { Kind } from "./shop.ts";

/** Draws a number from 0 to below `below`. */
export type Draw = (below: number) => number;

/** One program, as it was drawn. */
export interface Drawn {
  readonly serve?: ServeOptions;
  readonly client?: HttpClientOptions;
  readonly network?: NetworkOptions;
  /** Whether they talk by TLS. Default: some do. */
  readonly isSecure?: boolean;
  /** Whether there is a gateway between them. */
  readonly hasGateway?: boolean;
  /** When the server, and when the clients are closed. Default: at the end. */
  readonly serverClosesAtMs?: number;
  readonly clientsCloseAtMs?: number;
  /** How long `close` lets requests go on. */
  readonly drainMs?: number;
  /** Within how many milliseconds the requests are made. Default 40. */
  readonly withinMs?: number;
}

export interface Sort {
  readonly name: string;
  readonly simulate: Omit<SimulateOptions, "runs" | "seed">;
  readonly draw: (draw: Draw) => Drawn;
  /** Whether nothing strikes but what the program does, so that handlers end soon after their clients have gone. */
  readonly isCalm: boolean;
  /** What requests come to in it, among other things: the programs would show little otherwise. */
  readonly sees: readonly string[];
  /** Whether a request that was handled `runs` times, and whose caller was patient, may have failed. */
  readonly mayFail: (order: Order, outcome: Outcome, runs: number, closedAtMs: number) => boolean;
}

/** What a packet takes at most, by default. */
const LATENCY_MS = 10;

/** Not a byte of the request was sent; or it was on a new connection that the platform had taken, and the server had not when it closed its socket. */
function wasNotAccepted(outcome: Outcome, closedAtMs: number): boolean {
  if ("status" in outcome) return false;
  const { wasSent, timings } = outcome.error;
  if (wasSent === false) return true;
  if (timings === undefined || timings.isReused || timings.connectionMs === null) return false;
  const connectedAt = timings.startedAt + timings.connectionMs;
  return closedAtMs < connectedAt && connectedAt <= closedAtMs + LATENCY_MS;
}

/** Its first request was answered: by where to go. */
function wasRedirected(kind: Kind, outcome: Outcome): boolean {
  return kind === "moved" && "error" in outcome && outcome.error.url?.includes("/text/") === true;
}

const closings = (draw: Draw): Drawn => ({
  serverClosesAtMs: draw(10) < 7 ? draw(80) : Infinity,
  clientsCloseAtMs: draw(10) < 5 ? draw(80) : Infinity,
  drainMs: draw(10),
});

export const sorts: readonly Sort[] = [
  {
    name: "where nothing goes wrong",
    simulate: {},
    draw: (draw) => ({ client: { maxConnections: 1 + draw(3) } }),
    sees: ["200", "201", "404", "500", "TSY_TIMEOUT"],
    isCalm: true,
    mayFail: () => false,
  },
  {
    name: "whose server soon closes connections that are idle",
    simulate: {},
    draw: (draw) => ({ serve: { idleMs: 2 + draw(15) }, client: { maxConnections: 2 }, withinMs: 100 }),
    sees: ["200", "201", "TSY_HTTP_REQUEST_FAILED"],
    isCalm: true,
    mayFail: ({ kind }) => !isIdempotent(kind),
  },
  {
    name: "whose server is closed, and has the time for what it has accepted",
    simulate: {},
    draw: (draw) => ({
      serverClosesAtMs: draw(60),
      drainMs: 5_000,
      client: { maxConnections: 1 + draw(4) },
    }),
    sees: ["200", "201", "TSY_HTTP_REQUEST_FAILED"],
    isCalm: true,
    mayFail: ({ kind }, outcome, runs, closedAtMs) =>
      runs === (wasRedirected(kind, outcome) ? 1 : 0) && wasNotAccepted(outcome, closedAtMs),
  },
  {
    name: "whose server and clients are closed in the midst of it",
    simulate: {},
    draw: closings,
    sees: ["200", "TSY_DISPOSED", "TSY_HTTP_REQUEST_FAILED"],
    isCalm: true,
    mayFail: () => true,
  },
  {
    name: "where every limit is narrow, and the network slow",
    simulate: { faults: { slowClockMs: 5 } },
    draw: (draw) => ({
      serve: {
        maxConnections: 1 + draw(4),
        maxRequests: 1 + draw(3),
        maxQueuedRequests: draw(3),
        queueMs: draw(20),
        handlerMs: 5 + draw(40),
        headMs: 5 + draw(20),
        sendMs: 10 + draw(40),
        idleMs: 10 + draw(40),
        minBodyBytesPerSecond: draw(1_000_000),
      },
      client: {
        maxConnections: 1 + draw(3),
        poolMs: 5 + draw(100),
        connectMs: 1 + draw(20),
        firstByteMs: 1 + draw(40),
        gapMs: 1 + draw(20),
        totalMs: 20 + draw(200),
        keepAliveMs: draw(30),
      },
      network: { bytesPerSecond: 2_000_000 + draw(8_000_000) },
    }),
    sees: ["200", "503", "TSY_HTTP_TIMEOUT", "TSY_HTTP_REQUEST_FAILED"],
    isCalm: true,
    mayFail: () => true,
  },
  {
    name: "with a network that fails, and hosts that crash",
    simulate: { faults: { network: true, crashHosts: true }, maxFaultsPerRun: 3, maxFaultRuns: 0 },
    draw: () => ({ client: { maxConnections: 2 } }),
    sees: ["200", "TSY_HTTP_TIMEOUT", "TSY_HTTP_REQUEST_FAILED"],
    isCalm: false,
    mayFail: () => true,
  },
  {
    name: "whose tasks are cancelled at their waits",
    simulate: { faults: { cancel: true }, maxFaultsPerRun: 2, maxFaultRuns: 0 },
    draw: closings,
    sees: ["200", "TSY_DISPOSED", "TSY_HTTP_REQUEST_FAILED"],
    isCalm: false,
    mayFail: () => true,
  },
  {
    name: "whose clients talk to a gateway",
    simulate: {},
    draw: () => ({ hasGateway: true, isSecure: false }),
    isCalm: true,
    sees: ["200", "201", "500", "TSY_TIMEOUT"],
    mayFail: () => false,
  },
  {
    name: "whose clients talk to a gateway on a network that fails",
    simulate: { faults: { network: true, crashHosts: true }, maxFaultsPerRun: 3, maxFaultRuns: 0 },
    draw: (draw) => ({ ...closings(draw), hasGateway: true, isSecure: false }),
    isCalm: false,
    sees: ["200", "502", "TSY_HTTP_REQUEST_FAILED"],
    mayFail: () => true,
  },
];
