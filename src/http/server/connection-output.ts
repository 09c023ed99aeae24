import { ConnectionReset } from "../../io/errors.ts";
import { formatAddress } from "../../io/net/address.ts";
import type { Transport } from "../../io/stream/transport.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import type { BodySink } from "../body/body-writer.ts";

/** The way out of a connection: one write at a time is with the transport, and who writes more waits for it. */
export class ConnectionOutput implements BodySink {
  readonly #transport: Transport;
  /** Told when a write is not taken at once. */
  readonly #onBackedUp: { backedUp(): void };
  #drains: WaitQueue | null = null;
  /** Why the connection is lost; undefined while it is there. */
  #cause: unknown = undefined;
  #lost: ConnectionReset | null = null;
  /** Nothing may be written before what was has been taken. */
  isBackedUp = false;

  constructor(transport: Transport, onBackedUp: { backedUp(): void }) {
    this.#transport = transport;
    this.#onBackedUp = onBackedUp;
  }

  write(bytes: Uint8Array): boolean {
    return this.#cause !== undefined || this.#transport.write(bytes) || this.#backUp();
  }

  writeText(text: string): boolean {
    return this.#cause !== undefined || this.#transport.writeText(text) || this.#backUp();
  }

  /** @throws {ConnectionReset} when the connection is lost before. */
  waitDrained(): Promise<void> {
    if (this.#cause !== undefined) return Promise.reject(this.error);
    this.#drains ??= new WaitQueue("the client to take the reply");
    return this.#drains.park(undefined);
  }

  drained(): void {
    this.isBackedUp = false;
    this.#drains?.wakeAll();
  }

  /** The connection is gone, for this reason of the platform's, or the client is. */
  lose(cause: unknown): void {
    this.#cause ??= cause;
    this.#drains?.failAll(() => this.error);
  }

  /** What those are told who use a connection that is lost. */
  get error(): ConnectionReset {
    return (this.#lost ??= new ConnectionReset(formatAddress(this.#transport.remote), this.#cause));
  }

  /** Whether `error` is what those were told: that the connection is lost. */
  isItsError(error: unknown): boolean {
    return this.#lost !== null && error === this.#lost;
  }

  #backUp(): false {
    this.isBackedUp = true;
    this.#onBackedUp.backedUp();
    return false;
  }
}
