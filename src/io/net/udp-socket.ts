import { show } from "../../base/check.ts";
import { RingBuffer } from "../../base/ring-buffer.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { currentScope } from "../../kernel/current.ts";
import { delivered, FirmWait, refusal } from "../../kernel/park.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import { SendFailed, StreamClosed, systemCodeOf } from "../errors.ts";
import { checkAddress, formatAddress, type HostAddress, type IpEndpoint } from "./address.ts";
import { connectError } from "./connect-errors.ts";
import { ended, type DatagramEvents, type DatagramSocket, type ResolvedAddress } from "./network.ts";
import { addressesOf, type Resolver } from "./resolver.ts";
import type { Datagram, UdpStats } from "./udp-options.ts";

/** What a UDP socket is made of. */
export interface UdpPlan {
  readonly maxQueued: number;
  readonly peer: IpEndpoint | null;
  readonly resolver: Resolver;
}

const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

const encoder = new TextEncoder();

/**
 * A UDP socket. Made by {@link bindUdp}.
 *
 * States:  open -> closed.
 * Invariants: somebody waits in `#receivers` only while no datagram is queued, and no error is due. A datagram is in the queue, with one
 * receiver, or counted as dropped or ignored.
 */
export class UdpSocket implements AsyncDisposable, AsyncIterable<Datagram> {
  readonly #plan: UdpPlan;
  readonly #queue: RingBuffer<Datagram> = new RingBuffer();
  /** Each brings along whether it wants the datagram as an iterator's result. */
  readonly #receivers: WaitQueue<unknown, boolean> = new WaitQueue("receive by UDP");
  #socket: DatagramSocket | null = null;
  #closing: "no" | "begun" | "done" = "no";
  #closers: Array<FirmWait<void>> | null = null;
  /** What the peer's machine said of something that was sent; the next receive throws it. */
  #failure: { readonly error: unknown } | null = null;
  #received = 0;
  #sent = 0;
  #dropped = 0;
  #ignored = 0;
  #errors = 0;

  /** @internal */
  constructor(plan: UdpPlan) {
    this.#plan = plan;
  }

  /** Where it is bound, with the port that was chosen. */
  get address(): HostAddress {
    return hostOf(this.#bound.address);
  }

  get port(): number {
    return this.#bound.address.port;
  }

  /**
   * Sends one datagram, bytes or text in UTF-8. Nobody says whether it arrives.
   *
   * Cancel safety: a call that is cancelled while the platform has the datagram may have sent it; leave the array alone then.
   * @throws {SendFailed} when the platform does not take it: it is too long, or there is no way to the address.
   * @throws {UnknownHost} when the host has no address.
   * @throws {StreamClosed} when the socket is closed.
   */
  async send(data: Uint8Array | string, to?: HostAddress): Promise<void> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    if (!(bytes instanceof Uint8Array))
      throw new InvalidArgument(`data of send is ${show(data)}. Give a Uint8Array or a string.`);
    const refused = refusal();
    if (refused !== null) return refused;
    const endpoint = await this.#destination(bytes.length, to);
    if (this.#closing !== "no") throw this.#closedError("send by");
    const address = formatAddress(endpoint);
    try {
      await ended(`send by UDP to ${address}`, this.#bound.send(bytes, endpoint));
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === null || code.startsWith("TSY_")) throw error;
      throw new SendFailed(address, bytes.length, error);
    }
    this.#sent++;
  }

  /**
   * Takes the next datagram; waits while there is none. Several tasks may wait: each datagram goes to one of them, in their order.
   *
   * Cancel safety: a cancelled receive has taken nothing.
   * @throws {ConnectionRefused} when the peer's machine said that nobody listens there; only with `peer`.
   * @throws {StreamClosed} when the socket is closed, or becomes so. What had come before can still be received.
   */
  receive(): Promise<Datagram> {
    return this.#next(false) as Promise<Datagram>;
  }

  /** Iterates over the datagrams until the socket is closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterator<Datagram, undefined> {
    return { next: () => this.#next(true) as Promise<IteratorResult<Datagram, undefined>> };
  }

  /**
   * Closes the socket, and waits until its port is free. Twice is the same as once.
   *
   * Cancel safety: not a cancellation point.
   */
  async close(): Promise<void> {
    if (this.#closing === "no") this.#beginClose();
    if (this.#closing === "done" || currentScope().hasEnded) return;
    const wait = new FirmWait<void>(currentScope(), "a UDP socket to close");
    (this.#closers ??= []).push(wait);
    await wait.park();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): UdpStats {
    return {
      received: this.#received,
      sent: this.#sent,
      dropped: this.#dropped,
      ignored: this.#ignored,
      errors: this.#errors,
      queued: this.#queue.size,
    };
  }

  /** @internal Where the network delivers. */
  readonly events: DatagramEvents = {
    arrived: (bytes, from) => this.#arrived(bytes, from),
    failed: (error) => this.#failed(error),
  };

  /** @internal Takes over the socket to which {@link events} was given. */
  open(socket: DatagramSocket): this {
    this.#socket = socket;
    return this;
  }

  get #bound(): DatagramSocket {
    return this.#socket as DatagramSocket;
  }

  #arrived(bytes: Uint8Array, from: IpEndpoint): void {
    const { peer, maxQueued } = this.#plan;
    if (this.#closing !== "no") return;
    if (peer !== null && (from.port !== peer.port || from.address !== peer.address)) {
      this.#ignored++;
      return;
    }
    const datagram: Datagram = { bytes, from: hostOf(from) };
    if (this.#receivers.size > 0) {
      this.#received++;
      this.#receivers.wake(this.#receivers.headItem ? { done: false, value: datagram } : datagram);
    } else if (this.#queue.size >= maxQueued) this.#dropped++;
    else {
      this.#received++;
      this.#queue.push(datagram);
    }
  }

  #failed(error: unknown): void {
    this.#errors++;
    const { peer } = this.#plan;
    if (peer === null) return;
    const failure = connectError(formatAddress(peer), error);
    if (!this.#receivers.fail(failure)) this.#failure = { error: failure };
  }

  #next(asStep: boolean): Promise<unknown> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#queue.size > 0) {
      const value = this.#queue.shift();
      return delivered(asStep ? { done: false, value } : value, scope);
    }
    if (this.#failure !== null) {
      const { error } = this.#failure;
      this.#failure = null;
      return Promise.reject(error);
    }
    if (this.#closing === "no") return this.#receivers.park(asStep, scope);
    return asStep ? delivered(END, scope) : Promise.reject(this.#closedError("receive from"));
  }

  async #destination(bytes: number, to: HostAddress | undefined): Promise<IpEndpoint> {
    const { peer, resolver } = this.#plan;
    if (to === undefined) {
      if (peer !== null) return peer;
      throw new InvalidArgument("send got no address, and the socket has no peer. Give one of the two.");
    }
    checkAddress("address to send to", to);
    if (to.port === 0)
      throw new InvalidArgument("port in the address to send to is 0. Give the port of the receiver.");
    const { family } = this.#bound.address;
    const addresses = await addressesOf(to.host, resolver);
    const fitting = addresses.find((each) => each.family === family) ?? mappedFor(family, addresses);
    if (fitting !== undefined) return { ...fitting, port: to.port };
    const reason = `it has no address of IPv${family}, by which the socket sends`;
    throw new SendFailed(formatAddress(to), bytes, reason);
  }

  #beginClose(): void {
    this.#closing = "begun";
    while (this.#receivers.size > 0) {
      if (this.#receivers.headItem) this.#receivers.wake(END);
      else this.#receivers.fail(this.#closedError("receive from"));
    }
    inRoot(() =>
      this.#bound.close(() => {
        this.#closing = "done";
        for (const wait of this.#closers ?? []) wait.wake();
      }),
    );
  }

  #closedError(operation: string): StreamClosed {
    return new StreamClosed(operation, `the UDP socket at ${formatAddress(this.address)}`, "closed");
  }
}

/** A socket of IPv6 reaches an IPv4 address by its mapped form. */
function mappedFor(family: 4 | 6, addresses: readonly ResolvedAddress[]): ResolvedAddress | undefined {
  const [first] = addresses;
  if (family === 4 || first === undefined) return undefined;
  return { address: `::ffff:${first.address}`, family: 6 };
}

function hostOf({ address, port }: IpEndpoint): HostAddress {
  const isMapped = address.startsWith("::ffff:") && address.includes(".");
  return { host: isMapped ? address.slice("::ffff:".length) : address, port };
}
