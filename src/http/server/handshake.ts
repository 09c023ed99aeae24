import type { Begin } from "../../io/net/network.ts";
import type { Transport } from "../../io/stream/transport.ts";
import type { ServerCore } from "./core.ts";
import type { Phase, PhaseEntry } from "./phases.ts";

/** A connection whose TLS handshake goes on. It costs no task, and has as long as a phase lasts. */
export class Handshake implements PhaseEntry {
  phase: Phase | null = null;
  ahead: PhaseEntry | null = null;
  behind: PhaseEntry | null = null;
  since = 0;
  readonly #core: ServerCore;
  readonly #plain: Transport;
  /** Told of the end: with null where it has failed. */
  readonly #onEnd: (secured: Transport | null) => void;
  #stop: (() => void) | null = null;

  constructor(core: ServerCore, plain: Transport, onEnd: (secured: Transport | null) => void) {
    this.#core = core;
    this.#plain = plain;
    this.#onEnd = onEnd;
  }

  begin(handshake: Begin<Transport>): void {
    this.#core.phases.enter(this, this.#core.handshake);
    this.#stop = handshake(
      (secured) => this.#end(secured),
      () => this.#fail(),
    );
  }

  expired(): void {
    this.#core.counts.timedOut++;
    this.callOff();
  }

  callOff(): void {
    this.#stop?.();
    this.#fail();
  }

  #fail(): void {
    this.#core.counts.handshakeErrors++;
    this.#plain.destroy(false);
    this.#end(null);
  }

  #end(secured: Transport | null): void {
    this.#core.phases.leave(this);
    this.#onEnd(secured);
  }
}
