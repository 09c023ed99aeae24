import { cancellationIn } from "../kernel/cancellation-in.ts";
import { currentScope } from "../kernel/current.ts";

/** The outcome of `fn`. Only what cancels the caller is thrown. */
export async function settle<T>(fn: () => T | PromiseLike<T>): Promise<PromiseSettledResult<T>> {
  try {
    return { status: "fulfilled", value: await fn() };
  } catch (reason) {
    const cancelled = cancellationIn(currentScope(), reason);
    if (cancelled !== null) throw cancelled;
    return { status: "rejected", reason };
  }
}

/** The value in an outcome, if there is one. */
export function valueIn<T>(outcome: PromiseSettledResult<T> | undefined): T | undefined {
  return outcome?.status === "fulfilled" ? outcome.value : undefined;
}
