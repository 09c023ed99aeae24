/**
 * The life of a byte stream, from its start to its end: where the transport delivers, and who closes it.
 *
 * States:  open -> closed (by `close`), aborted, upgraded (the transport was taken away): by this side
 *               -> lost (by the peer or the network): the stream is still to be closed
 *          and, apart from that, the transport is there until it has said `closed`.
 */
import { withShield, withTimeoutOr } from "../../flow/time-limit.ts";
import { currentScope } from "../../kernel/current.ts";
import { FirmWait } from "../../kernel/park.ts";
import { ConnectionReset, StreamClosed } from "../errors.ts";
import { formatAddress } from "../net/address.ts";
import type { StreamReader } from "./stream-reader.ts";
import type { StreamWriter } from "./stream-writer.ts";
import { streamName, type Transport, type TransportSink } from "./transport.ts";

/** How long `close` may take to send what was written. */
const CLOSE_MS = 5_000;

export class StreamLife implements TransportSink {
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  readonly #transport: Transport;
  #state: "open" | "closed" | "aborted" | "upgraded" = "open";
  #isGone = false;
  #closers: Array<FirmWait<void>> | null = null;

  constructor(reader: StreamReader, writer: StreamWriter, transport: Transport) {
    this.#reader = reader;
    this.#writer = writer;
    this.#transport = transport;
  }

  arrived(bytes: Uint8Array): void {
    if (this.#state === "open") this.#reader.arrived(bytes);
  }

  ended(): void {
    if (this.#state === "open") this.#reader.ended();
  }

  drained(): void {
    this.#writer.drained();
  }

  closed(cause: unknown): void {
    this.#isGone = true;
    const address = formatAddress(this.#transport.remote);
    const error = cause === null ? null : new ConnectionReset(address, cause);
    if (this.#state === "open") this.#reader.lose(error);
    this.#writer.fail(error ?? this.#error("write to", "closed"));
    for (const wait of this.#closers ?? []) wait.wake(undefined);
  }

  async close(): Promise<void> {
    if (this.#state === "open") {
      this.#state = "closed";
      this.#reader.close(this.#error("read from", "closed"));
      const error = this.#error("write to", "closed");
      const sent = this.#isGone || this.#writer.close(error) || (await this.#sendRest());
      this.#transport.destroy(!sent);
    }
    await this.#gone();
  }

  abort(): void {
    if (this.#state === "closed" && !this.#isGone) this.#transport.destroy(true);
    if (this.#state !== "open") return;
    this.#state = "aborted";
    this.#reader.close(this.#error("read from", "aborted"));
    this.#writer.fail(this.#error("write to", "aborted"));
    this.#transport.destroy(true);
  }

  /** Gives the transport away, with what nobody has read. */
  detach(): Uint8Array | null {
    if (this.#state !== "open" || this.#isGone || !this.#writer.isDrained)
      throw this.#error("upgrade", this.#state === "open" ? "lost, or written to" : this.#state);
    const unread = this.#reader.takeUnread();
    this.#state = "upgraded";
    this.#isGone = true;
    this.#reader.close(this.#error("read from", "upgraded"));
    this.#writer.fail(this.#error("write to", "upgraded"));
    return unread;
  }

  /** Waits until what was taken is sent. False when that took too long, or the connection was lost. */
  #sendRest(): Promise<boolean> {
    const finish = (): Promise<boolean> =>
      this.#writer.finish().then(
        () => true,
        () => false,
      );
    return withShield(Infinity, () => withTimeoutOr(CLOSE_MS, finish, false));
  }

  /** Waits until the transport is gone. In an ended scope nobody can wait. */
  async #gone(): Promise<void> {
    const scope = currentScope();
    if (this.#isGone || scope.hasEnded) return;
    const wait = new FirmWait<void>(scope, `close ${this.#name}`);
    (this.#closers ??= []).push(wait);
    await wait.park();
  }

  get #name(): string {
    return streamName(this.#transport);
  }

  #error(operation: string, how: string): StreamClosed {
    return new StreamClosed(operation, this.#name, how);
  }
}
