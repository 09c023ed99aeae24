import { RingBuffer } from "../base/ring-buffer.ts";
import type { ItemStore } from "./item-store.ts";
import type { QueueOptions } from "./queue-options.ts";
import { Queue } from "./queue.ts";

class Stack<T> implements ItemStore<T> {
  readonly #items: RingBuffer<T> = new RingBuffer();

  get size(): number {
    return this.#items.size;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T {
    return this.#items.pop();
  }

  clear(): void {
    this.#items.clear();
  }
}

/**
 * A {@link Queue} that gives the newest item first. Tasks that wait are served in the order in which they came all the same.
 *
 * @example
 * import { LifoQueue } from "tsyncio";
 * const stack = new LifoQueue<string>({ capacity: 10 });
 * stack.tryPut("old");
 * stack.tryPut("new");
 * console.log(await stack.get()); // new
 */
export class LifoQueue<T> extends Queue<T> {
  constructor(options: QueueOptions) {
    super(options, new Stack<T>());
  }
}
