/** Where a queue keeps the items it has accepted. The order in which `shift` gives them makes the kind of queue. */
export interface ItemStore<T> {
  readonly size: number;
  push(item: T): void;
  /** Takes the next item. The caller knows that there is one. */
  shift(): T;
  clear(): void;
}
