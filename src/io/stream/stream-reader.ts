/**
 * The reading half of a byte stream, or what else bytes are read from: what has come, and the one task that waits for more.
 *
 * States:  open -> ended (the peer has ended its data)  -> closed
 *               -> lost (the connection broke)
 *          What came before an end or a loss can still be read; then reads say which of them it was.
 *
 * Invariants
 * - One operation reads at a time. A plain read is the wait that it parks; one that takes several waits holds `#isBusy` throughout.
 * - Bytes leave the queue in the step in which a read delivers them: a cancelled read has taken none.
 * - The source is paused only while nobody waits and at least `HIGH_WATER_BYTES` are queued, and resumed when half of that is left
 *   or somebody waits for more.
 */
import { delivered, refusal, Wait } from "../../kernel/park.ts";
import { currentScope } from "../../kernel/current.ts";
import type { AfterMark, Scope } from "../../kernel/scope.ts";
import { StreamBusy } from "../errors.ts";
import { ByteQueue } from "./byte-queue.ts";
import { LineBatch } from "./line-batch.ts";
import { TransportSource, type ReadSource } from "./read-source.ts";
import type { Transport } from "./transport.ts";

/** So many bytes are read ahead of whoever reads. */
const HIGH_WATER_BYTES = 65_536;

type Shape<T> = (chunk: Uint8Array | null) => T;

/** The wait of the task that reads: for a chunk, or for enough of them. */
class ReadWait<T> extends Wait<T> {
  readonly reader: StreamReader;
  /** Makes the result of a chunk; null where the bytes are queued and the task looks for itself. */
  readonly shape: Shape<T> | null;
  /** How many bytes the result may have, or must be queued. */
  readonly bytes: number;

  constructor(scope: Scope, reader: StreamReader, bytes: number, shape: Shape<T> | null) {
    super(scope);
    this.reader = reader;
    this.bytes = bytes;
    this.shape = shape;
  }

  get label(): string {
    return `read from ${this.reader.name}`;
  }

  protected unlink(after: AfterMark): void {
    this.reader.leave(after);
  }
}

export class StreamReader {
  readonly queue: ByteQueue = new ByteQueue();
  readonly #source: ReadSource;
  #lines: LineBatch | null = null;
  #wait: ReadWait<unknown> | null = null;
  #isBusy = false;
  /** Whether the read that is busy has waited, so that its wake-up counted as an operation. */
  #hasWaited = false;
  #isPaused = false;
  #hasEnded = false;
  /** What reads throw once the queue is empty; null while the stream is whole. */
  #failure: Error | null = null;
  #bytesRead = 0;

  constructor(source: ReadSource) {
    this.#source = source;
  }

  static of(transport: Transport): StreamReader {
    return new StreamReader(new TransportSource(transport));
  }

  get name(): string {
    return this.#source.name;
  }

  get bufferedBytes(): number {
    this.#lines?.settle();
    return this.queue.size;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Whether all data has come and been read. */
  get isAtEnd(): boolean {
    return this.#hasEnded && this.bufferedBytes === 0;
  }

  /** The lines at the front of the queue. Every other read settles them first. */
  get lines(): LineBatch {
    return (this.#lines ??= new LineBatch(this.queue));
  }

  arrived(chunk: Uint8Array): void {
    this.#bytesRead += chunk.length;
    const wait = this.#wait;
    if (wait !== null && wait.shape !== null) {
      this.#wait = null;
      let result = chunk;
      if (chunk.length > wait.bytes) {
        this.queue.push(chunk);
        result = this.queue.takeChunk(wait.bytes);
      }
      wait.wake(wait.shape(result));
      return;
    }
    this.queue.push(chunk);
    if (wait === null) this.#pauseIfFull();
    else if (this.queue.size >= wait.bytes) this.#wake(wait);
  }

  ended(): void {
    this.#hasEnded = true;
    const wait = this.#wait;
    if (wait !== null) this.#wake(wait);
  }

  /** The connection is gone: when what has come is read, reads fail with `error`, or see the end where there is none. */
  lose(error: Error | null): void {
    if (error === null) this.ended();
    else if (!this.#hasEnded) this.#failWith(error);
  }

  /** This side gives the stream up: what was not read is dropped, and reads fail with `error`. */
  close(error: Error): void {
    this.takeUnread();
    this.#failWith(error);
  }

  #failWith(error: Error): void {
    this.#failure ??= error;
    const wait = this.#wait;
    if (wait === null) return;
    this.#wait = null;
    wait.fail(this.#failure);
  }

  /** A wait has been cancelled. */
  leave(after: AfterMark): void {
    this.#wait = null;
    after.notices.push(() => this.#pauseIfFull());
  }

  /** Takes over everything unread, for what is going to read the source from now on. Null where there is nothing. */
  takeUnread(): Uint8Array | null {
    this.#lines?.settle();
    const { size } = this.queue;
    return size === 0 ? null : this.queue.take(size);
  }

  /** What `read`, and an iteration by chunk, give: `shape(chunk)`, or `shape(null)` at the end of the data. */
  read<T>(maxBytes: number, shape: Shape<T>): Promise<T> {
    const scope = currentScope();
    const refused = this.refusal(scope);
    if (refused !== null) return refused;
    this.#lines?.settle();
    if (this.queue.size > 0) {
      const chunk = this.queue.takeChunk(maxBytes);
      this.taken();
      return delivered(shape(chunk), scope);
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#hasEnded) return delivered(shape(null), scope);
    return this.#park(scope, maxBytes, shape);
  }

  /** The entry of every read: the promise to return where there can be none now, else null. */
  refusal(scope: Scope): Promise<never> | null {
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#wait === null && !this.#isBusy) return null;
    return Promise.reject(new StreamBusy("read from", this.name));
  }

  /** Waits until `bytes` bytes are queued. False when the data ends before; what has come stays queued. */
  async more(bytes: number): Promise<boolean> {
    while (this.queue.size < bytes) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#hasEnded) return false;
      this.#hasWaited = true;
      await this.#park(currentScope(), bytes, null);
    }
    return true;
  }

  /** Takes the first `bytes` bytes, which are there. */
  take(bytes: number): Uint8Array {
    const piece = this.queue.take(bytes);
    this.taken();
    return piece;
  }

  /** Bytes have been taken from the queue. */
  taken(): void {
    if (this.#isPaused && this.queue.size <= HIGH_WATER_BYTES / 2) this.#resume();
  }

  /**
   * Runs a read that may wait several times, or in which the lines are settled first. One that found all it needs has yet to leave the
   * event loop its turns.
   */
  async exclusively<T>(operation: () => Promise<T>): Promise<T> {
    const { turn } = currentScope().engine;
    this.#isBusy = true;
    this.#hasWaited = false;
    try {
      this.#lines?.settle();
      const result = await operation();
      if (!this.#hasWaited && turn.spend()) await turn.next();
      return result;
    } finally {
      this.#isBusy = false;
      this.#pauseIfFull();
    }
  }

  #park<T>(scope: Scope, bytes: number, shape: Shape<T> | null): Promise<T> {
    if (scope.blocked !== null) return refusal(scope) as Promise<never>;
    if (this.#isPaused) this.#resume();
    const wait = new ReadWait<T>(scope, this, bytes, shape);
    this.#wait = wait as ReadWait<unknown>;
    return wait.park();
  }

  /** Lets the task look again at what is there. */
  #wake(wait: ReadWait<unknown>): void {
    this.#wait = null;
    wait.wake(wait.shape === null ? undefined : wait.shape(null));
  }

  #resume(): void {
    this.#isPaused = false;
    this.#source.resume();
  }

  #pauseIfFull(): void {
    if (this.#isPaused || this.#hasEnded || this.#wait !== null || this.queue.size < HIGH_WATER_BYTES)
      return;
    this.#isPaused = true;
    this.#source.pause();
  }
}
