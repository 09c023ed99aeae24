/**
 * Delivers what a foreign stream emits, in the root context, and never from within a call of ours: streams in memory emit what a call
 * sets off before it returns.
 *
 * Invariant: the order is that of the events. Once one is late, those behind it are too, until all have been delivered.
 */
import type { Host } from "../../kernel/host.ts";
import { inRoot } from "../../kernel/root-context.ts";
import type { TransportSink } from "../stream/transport.ts";

type Delivery = (sink: TransportSink) => void;

export class Deliveries {
  readonly #host: Host;
  readonly #sink: TransportSink;
  #late: Delivery[] | null = null;
  #isCalling = false;

  constructor(host: Host, sink: TransportSink) {
    this.#host = host;
    this.#sink = sink;
  }

  /** Calls into the foreign stream. */
  call<T>(fn: () => T): T {
    const wasCalling = this.#isCalling;
    this.#isCalling = true;
    try {
      return inRoot(fn);
    } finally {
      this.#isCalling = wasCalling;
    }
  }

  deliver(delivery: Delivery): void {
    if (this.#late !== null) this.#late.push(delivery);
    else if (this.#isCalling) {
      this.#late = [delivery];
      inRoot(() => this.#host.microtask(() => this.#deliverLate()));
    } else inRoot(() => delivery(this.#sink));
  }

  #deliverLate(): void {
    const late = this.#late ?? [];
    for (const delivery of late) delivery(this.#sink);
    this.#late = null;
  }
}
