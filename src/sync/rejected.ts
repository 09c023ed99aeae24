/**
 * A rejection to wake a single waiter with: `queue.wake(rejected(error))`. It is marked handled; what counts is the promise that
 * the waiter awaits.
 */
export function rejected(error: unknown): never {
  const rejection = Promise.reject(error);
  rejection.catch(() => {});
  return rejection as never;
}
