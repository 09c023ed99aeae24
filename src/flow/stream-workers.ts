/**
 * Workers on an async source: a stream, a queue, a generator.
 *
 * One worker at a time pulls; when it has an item it hands the pull on to the next free worker, or starts one while there may be
 * more. A source is so never read further than there are workers to take what comes.
 *
 * Invariants
 * - `#pulling` is set while one worker has the pull: it pulls, or is about to. A worker that is woken from `#free` is given it.
 * - An item that was pulled is worked on, even if a cancellation came at the same time: it would be lost otherwise.
 */
import { WaitQueue } from "../kernel/wait-queue.ts";
import { isPending, Workers, type Work } from "./workers.ts";

export class StreamWorkers<I> extends Workers<I> {
  readonly #source: AsyncIterable<I>;
  readonly #free: WaitQueue = new WaitQueue("the next item");
  readonly #loopAgain = (): Promise<void> => this.#loop();
  #iterator: AsyncIterator<I> | null = null;
  #pulling = false;

  constructor(work: Work<I>, source: AsyncIterable<I>) {
    super(work);
    this.#source = source;
  }

  protected begin(): void {
    this.ended = true;
    this.#iterator = this.#source[Symbol.asyncIterator]();
    this.ended = false;
    this.startWorker(this.#loopAgain);
  }

  protected close(): unknown {
    return this.#iterator?.return?.();
  }

  async #loop(): Promise<void> {
    const { turn } = this.engine;
    const { fn, results } = this.work;
    for (let hasPull = false; ;) {
      if (!hasPull && this.#pulling) await this.#free.park(undefined);
      this.#pulling = true;
      const step = await this.#pull();
      if (step === null) break;
      const index = this.taken++;
      results?.push(undefined);
      const result = fn(step.value, index);
      hasPull = !isPending(result);
      if (!hasPull) this.#handOn();
      const value: unknown = hasPull ? result : await result;
      if (results !== null) results[index] = value;
      if (turn.spend()) await this.nextTurn();
    }
    this.#pulling = false;
    this.#free.wakeAll(undefined);
  }

  /** The next item; null when there is none, or none must be taken any more. */
  async #pull(): Promise<IteratorYieldResult<I> | null> {
    if (this.ended) return null;
    if (this.blocked !== null) {
      this.noteUnfinished();
      return null;
    }
    this.ended = true;
    const step = await (this.#iterator as AsyncIterator<I>).next();
    if (step.done === true) return null;
    this.ended = false;
    return step;
  }

  /** Leaves the pull to another worker: a free one, or a new one while there may be more. */
  #handOn(): void {
    if (this.#free.wake(undefined)) return;
    this.#pulling = false;
    if (this.started < this.work.concurrency && this.blocked === null) this.startWorker(this.#loopAgain);
  }
}
