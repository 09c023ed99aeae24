import { InvalidArgument } from "../base/tsyncio-error.ts";
import { captureContext } from "../kernel/root-context.ts";
import { BrokenInvariant } from "./errors.ts";

/** Checks that are made between every two steps of a run. */
export class Invariants {
  readonly #checks: Array<() => unknown> = [];

  /** Calls `check` at every step, in the context of now. */
  add(check: () => unknown): void {
    const inContext = captureContext();
    this.#checks.push(() => {
      const holds: unknown = inContext(check);
      if (holds instanceof Promise) {
        holds.catch(() => {});
        throw new InvalidArgument(
          "the check of an invariant returned a promise. It is made between two steps, and must not wait.",
        );
      }
      if (holds === false) throw new BrokenInvariant(check.name);
    });
  }

  /** Makes all checks. Throws what the first broken one threw. */
  check(): void {
    for (const check of this.#checks) check();
  }
}
