/** What a pool sends to a thread for a call, and what is said when it cannot be cloned. */
import type { Call, Job } from "./call.ts";
import { NotCloneable } from "./errors.ts";
import type { WorkMessage } from "./messages.ts";
import { sharedContext } from "./shareable.ts";
import { movedWith } from "./transfer.ts";

export function workMessage(call: Call, id: number): WorkMessage {
  const { job, scope, deadline } = call;
  const { module, name, values } = job;
  const remainingMs = deadline === Infinity ? Infinity : Math.max(0, deadline - scope.engine.host.now());
  const head = { id, module, name, remainingMs, context: sharedContext(scope) };
  return job.kind === "call"
    ? { kind: "call", ...head, args: values }
    : { kind: "batch", ...head, items: values, isSettled: job.isSettled };
}

/** Why `value` cannot be cloned; null where it can. Moves nothing. */
export function cloneFailure(value: unknown): { readonly error: unknown } | null {
  try {
    // What is marked to be moved may not be cloneable, a port for example.
    if (movedWith([value]).length === 0) structuredClone(value);
    return null;
  } catch (error) {
    return { error };
  }
}

/** The error of a call whose message could not be cloned, for `cause`. */
export function unsendable(job: Job, context: WorkMessage["context"], cause: unknown): NotCloneable {
  const { name, module, values, kind } = job;
  for (const [variable, value] of context ?? []) {
    if (cloneFailure(value) !== null)
      return new NotCloneable(`the value of the shareable ContextVar "${variable}"`, value, cause);
  }
  const index = Math.max(
    0,
    values.findIndex((value) => cloneFailure(value) !== null),
  );
  const what = kind === "call" ? `argument ${index}` : `item ${index} of a batch`;
  return new NotCloneable(`${what} of ${name}() of ${module}`, values[index], cause);
}
