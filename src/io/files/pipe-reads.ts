/**
 * Reads of what has no positions and may never answer: pipes, terminals, devices.
 *
 * At most one read is with the platform. A reader that is cancelled goes at once; the read stays, and what it brings is kept for the
 * next reader. So no byte is lost, and nobody hangs on a pipe into which nothing is written.
 *
 * States:  idle -> asked -> (answered while somebody waits) idle
 *                     \---> (answered while nobody waits) kept -> idle
 */
import { currentScope } from "../../kernel/current.ts";
import { passed } from "../../kernel/park.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import { enter, type Start } from "./asking.ts";

type Answer = { readonly bytes: Uint8Array } | { readonly error: unknown };

export class PipeReads {
  readonly #read: (buffer: Uint8Array) => Start<number>;
  readonly #readers: WaitQueue;
  #isAsked = false;
  /** What was answered while nobody waited. */
  #kept: Answer | null = null;
  /** What comes before anything that is asked for. */
  #ahead: Uint8Array = new Uint8Array(0);

  /** `read` asks the platform; `label` says in the tree what is waited for. */
  constructor(label: string, read: (buffer: Uint8Array) => Start<number>) {
    this.#read = read;
    this.#readers = new WaitQueue(label);
  }

  /** Whether a read is with the platform that nobody waits for. */
  get isAbandoned(): boolean {
    return this.#isAsked && this.#readers.size === 0;
  }

  /** The next bytes, at most `maxBytes`; none at the end. One caller at a time. */
  async next(maxBytes: number): Promise<Uint8Array> {
    if (this.#ahead.length > 0) {
      await passed();
      return this.#takeAhead(maxBytes);
    }
    if (this.#kept === null) {
      if (!this.#isAsked) this.#ask(maxBytes);
      await this.#readers.park(undefined);
    } else await passed();
    const answer = this.#kept as unknown as Answer;
    this.#kept = null;
    if ("error" in answer) throw answer.error;
    this.#ahead = answer.bytes;
    return this.#takeAhead(maxBytes);
  }

  /** Gives bytes back that were read too far. */
  putBack(bytes: Uint8Array): void {
    if (this.#ahead.length === 0) {
      this.#ahead = bytes;
      return;
    }
    const joined = new Uint8Array(bytes.length + this.#ahead.length);
    joined.set(bytes);
    joined.set(this.#ahead, bytes.length);
    this.#ahead = joined;
  }

  #takeAhead(maxBytes: number): Uint8Array {
    const taken = this.#ahead.subarray(0, maxBytes);
    this.#ahead = this.#ahead.subarray(maxBytes);
    return taken;
  }

  #ask(maxBytes: number): void {
    const buffer = new Uint8Array(maxBytes);
    this.#isAsked = true;
    try {
      enter(currentScope(), () =>
        this.#read(buffer)((error, length) => {
          this.#isAsked = false;
          this.#kept = error === null ? { bytes: buffer.subarray(0, length) } : { error };
          this.#readers.wakeAll(undefined);
        }),
      );
    } catch (error) {
      this.#isAsked = false;
      throw error;
    }
  }
}
