import { Disposed } from "../../sync/errors.ts";
import type { Call } from "./call.ts";
import { currentScope } from "../../kernel/current.ts";
import { FirmWait } from "../../kernel/park.ts";
import { TimedCall } from "../../kernel/timers.ts";

/** How long a dial may take to stop: a resolver that does not obey its signal is left alone then. */
const CLOSE_MS = 5_000;

/** Those who wait for the last connection of a client to close. */
export class Closers {
  readonly #waits: Set<FirmWait<void>> = new Set();

  /** Waits until {@link tell}, 5 seconds at most. */
  async wait(): Promise<void> {
    const scope = currentScope();
    if (scope.hasEnded) return;
    const { timers, host } = scope.engine;
    const wait = new FirmWait<void>(scope, "the connections of an HttpClient to close");
    this.#waits.add(wait);
    const force = new TimedCall(() => this.#wake(wait), true);
    timers.add(force, host.now() + CLOSE_MS);
    await wait.park();
    timers.remove(force);
  }

  tell(): void {
    for (const wait of this.#waits) this.#wake(wait);
  }

  #wake(wait: FirmWait<void>): void {
    if (this.#waits.delete(wait)) wait.wake(undefined);
  }
}

/** What a request meets whose client is closed. */
export function closedError({ request: { method, url } }: Call): Disposed {
  return new Disposed(
    `the HttpClient was closed while ${method} ${url.href} was on its way. Await each request before its client is left.`,
  );
}
