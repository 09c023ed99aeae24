/**
 * The writing half of a byte stream: one write after the other, each of which is taken whole.
 *
 * A write first waits for its turn: until those before it have been handed on. Then the transport takes all of its bytes at once, and
 * it waits until they are handed on, where that is not done at once. So a cancelled write was taken whole or not at all, bytes of two
 * writers never mix, and a writer is never ahead of a slow peer by more than one write.
 *
 * States:  open -> ending (the end waits for its turn) -> ended -> closed.      Lost or closed from any of them.
 *
 * Invariants
 * - `#isBackedUp` is true from a `write` or `end` of the transport that was not done at once until it says `drained`.
 * - In `#turns` stand those whose bytes were not taken; while somebody is there, whoever comes joins them.
 * - In `#drains` stand those whose bytes were taken, or who flush. Nobody joins them once the stream is lost: nothing drains any more.
 * - `#endings` ends wait for their turn; the first of them that comes to it sends the end of data.
 */
import { currentScope } from "../../kernel/current.ts";
import { passed, refusal } from "../../kernel/park.ts";
import type { Scope } from "../../kernel/scope.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import { StreamClosed } from "../errors.ts";
import { streamName, type Transport } from "./transport.ts";

/** The end of data, among the bytes that wait for their turn. */
const END = null;

/** What one who waited for its turn is told: whether its bytes have been handed on as well. */
type Turn = "sent" | "on its way";

export class StreamWriter {
  readonly #transport: Transport;
  #turns: WaitQueue<Turn, Uint8Array | typeof END> | null = null;
  #drains: WaitQueue | null = null;
  #isBackedUp = false;
  #ended: "no" | "in its turn" | "yes" = "no";
  #endings = 0;
  #failure: Error | null = null;
  #lost: Error | null = null;
  #bytesWritten = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** How many bytes the transport has taken. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get hasEnded(): boolean {
    return this.#ended === "yes";
  }

  /** Whether everything that was taken has been handed on. */
  get isDrained(): boolean {
    return !this.#isBackedUp;
  }

  write(bytes: Uint8Array): Promise<void> {
    const scope = currentScope();
    const refused = this.#refusal(scope);
    if (refused !== null) return refused;
    if (this.#ended !== "no")
      return Promise.reject(new StreamClosed("write to", streamName(this.#transport), "ended"));
    return this.#inTurn(bytes, scope);
  }

  /** Sends the end of data when everything before it has been handed on. */
  end(): Promise<void> {
    const scope = currentScope();
    const refused = this.#refusal(scope);
    if (refused !== null) return refused;
    if (this.#ended !== "yes") return this.#endInTurn(scope);
    return this.#isBackedUp ? this.#drained(scope) : passed(scope);
  }

  /** Waits until everything that was taken has been handed on. */
  flush(): Promise<void> {
    const scope = currentScope();
    const refused = this.#refusal(scope);
    if (refused !== null) return refused;
    return this.#isBackedUp ? this.#drained(scope) : passed(scope);
  }

  /** The transport has handed everything on: the next in turn go, as long as each is handed on at once. */
  drained(): void {
    this.#isBackedUp = false;
    this.#drains?.wakeAll();
    const turns = this.#turns;
    if (turns === null) return;
    while (turns.size > 0 && !this.#isBackedUp) {
      const sent = this.#hand(turns.headItem);
      turns.wake(sent ? "sent" : "on its way");
    }
  }

  /** Writes fail with `error` from now on, those that wait included. The first error stays. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#lost ??= error;
    this.#turns?.failAll(() => error);
    this.#drains?.failAll(() => error);
  }

  /** Closing begins: writes that were not taken fail with `error`, and so do later ones. True when nothing is left to be sent. */
  close(error: Error): boolean {
    if (this.#failure !== null) return true;
    this.#failure = error;
    this.#turns?.failAll(() => error);
    if (!this.#isBackedUp && this.#ended !== "yes") this.#hand(END);
    return !this.#isBackedUp;
  }

  /** After `close`: waits until what was taken has been sent, and the end of data. */
  async finish(): Promise<void> {
    if (this.#isBackedUp) await this.#drained(currentScope());
    if (this.#ended !== "yes") this.#hand(END);
    if (this.#isBackedUp) await this.#drained(currentScope());
  }

  #refusal(scope: Scope): Promise<never> | null {
    return refusal(scope) ?? (this.#failure === null ? null : Promise.reject(this.#failure));
  }

  #inTurn(bytes: Uint8Array | typeof END, scope: Scope): Promise<void> {
    if (this.#isBackedUp || (this.#turns !== null && this.#turns.size > 0)) return this.#later(bytes);
    return this.#hand(bytes) ? passed(scope) : this.#drained(scope);
  }

  async #later(bytes: Uint8Array | typeof END): Promise<void> {
    this.#turns ??= new WaitQueue(`write to ${streamName(this.#transport)}`);
    const turn = await this.#turns.park(bytes);
    if (turn === "on its way" && this.#isBackedUp) await this.#drained(currentScope());
  }

  async #endInTurn(scope: Scope): Promise<void> {
    this.#ended = "in its turn";
    this.#endings++;
    try {
      await this.#inTurn(END, scope);
    } finally {
      this.#endings--;
      // A cancelled end that was not taken has done nothing.
      if (this.#endings === 0 && this.#ended === "in its turn") this.#ended = "no";
    }
  }

  /** Gives bytes to the transport. True when they are handed on already. */
  #hand(bytes: Uint8Array | typeof END): boolean {
    if (bytes !== END) {
      this.#isBackedUp = !this.#transport.write(bytes);
      this.#bytesWritten += bytes.length;
    } else if (this.#ended !== "yes") {
      this.#ended = "yes";
      this.#transport.end();
      this.#isBackedUp = this.#transport.unsentBytes > 0;
    }
    return !this.#isBackedUp;
  }

  #drained(scope: Scope): Promise<void> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    this.#drains ??= new WaitQueue(`the bytes written to ${streamName(this.#transport)} to be sent`);
    return this.#drains.park(undefined, scope);
  }
}
