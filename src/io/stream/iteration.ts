/** What iterators over a stream have in common. */

export const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** A result, or the end where there is none. */
export const step = <T>(value: T | null): IteratorResult<T, undefined> =>
  value === null ? END : { done: false, value };

/** An iterator, and a loop over it. It has no `return`: what a loop leaves stays in the stream. */
export const iterating = <T>(
  next: () => Promise<IteratorResult<T, undefined>>,
): AsyncIterableIterator<T, undefined> => ({
  next,
  [Symbol.asyncIterator]() {
    return this;
  },
});
