/**
 * Errors on their way between threads, the caller's half: an error like the one that was thrown, of the same class where that is known
 * here. No constructor of a user's class is called.
 *
 * - Errors of this library are recognised by their code, as between two installed copies, so that `instanceof TimeoutError` holds.
 * - A `Cancelled` of the thread belongs to no scope here: it arrives as a `TaskCancelled`.
 */
import { errorCodes, type ErrorCode } from "../base/error-registry.ts";
import { suppress } from "../base/suppressed.ts";
import { InvalidArgument, TsyncioError } from "../base/tsyncio-error.ts";
import * as kernelErrors from "../kernel/errors.ts";
import * as syncErrors from "../sync/errors.ts";
import * as threadErrors from "./errors.ts";
import { framesOutside } from "./frames.ts";
import { sharedClass } from "./shareable.ts";
import type { WireError, WireErrorNode, WireNode } from "./wire-error.ts";

type AnyClass = abstract new (...args: never[]) => object;

const builtins = { TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError } as Record<
  string,
  AnyClass | undefined
>;

/** The errors of this library that are known down here. Those of upper rooms are told by their code alone. */
const ours: ReadonlyMap<string, AnyClass> = new Map(
  [InvalidArgument, ...Object.values({ ...kernelErrors, ...syncErrors, ...threadErrors })]
    .filter((one): one is typeof InvalidArgument => typeof one === "function" && "code" in one)
    .map((one) => [one.code, one]),
);

const anyGroup = { encloses: (): boolean => true };

/** What was thrown in a thread. `origin` is where the call was made: its stack comes below that of the thread. */
export function fromWire({ nodes }: WireError, thread: string, origin: Error | null): unknown {
  const values = nodes.map((node) => (node.kind === "value" ? node.value : bareError(node)));
  for (const [at, node] of nodes.entries())
    if (node.kind === "error") complete(values[at] as Error, node, values);
  const [thrown] = values;
  if (thrown instanceof Error && isError(nodes[0])) appendStack(thrown, thread, origin);
  return thrown;
}

function isError(node: WireNode | undefined): node is WireErrorNode {
  return node?.kind === "error";
}

/** An error of the right class and with the right message, as yet without what hangs on it. */
function bareError(node: WireErrorNode): Error {
  const { builtin, message, name } = node;
  const shared = node.shared === undefined ? undefined : sharedClass(node.shared);
  if (shared !== undefined) return Reflect.construct(Error, [message], shared) as Error;
  const code = node.code === "TSY_CANCELLED" ? "TSY_TASK_CANCELLED" : node.code;
  if (code !== undefined && Object.hasOwn(errorCodes, code)) return ownError(code as ErrorCode, message);
  if (builtin === "DOMException") return new DOMException(message, name);
  if (builtin === "AggregateError") return new AggregateError([], message);
  return Reflect.construct(Error, [message], builtins[builtin] ?? Error) as Error;
}

function ownError(code: ErrorCode, message: string): Error {
  const known = ours.get(code);
  const error = Reflect.construct(Error, [message], known ?? TsyncioError) as Error;
  define(error, "code", code, true);
  if (known === undefined) define(error, "name", errorCodes[code]);
  return error;
}

function complete(error: Error, node: WireErrorNode, values: readonly unknown[]): void {
  const isCancelled = node.code === "TSY_CANCELLED";
  for (const [key, place] of node.properties) {
    if (!isCancelled || key === "reason") define(error, key, values[place], true);
  }
  if (node.cause !== undefined) define(error, "cause", values[node.cause]);
  if (node.errors !== undefined) {
    define(
      error,
      "errors",
      node.errors.map((place) => values[place]),
    );
  }
  if (!isCancelled && error.name !== node.name) define(error, "name", node.name);
  if (node.stack !== undefined) define(error, "stack", node.stack);
  for (const place of node.suppressed ?? []) suppress(error, values[place], anyGroup);
}

function define(error: Error, key: string, value: unknown, enumerable = false): void {
  try {
    Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
  } catch {
    // What the class has fixed itself stays.
  }
}

function appendStack(error: Error, thread: string, origin: Error | null): void {
  const stack = [
    error.stack ?? String(error),
    `    ---- in ${thread}, called by ----`,
    ...framesOutside(origin?.stack),
  ];
  define(error, "stack", stack.join("\n"));
}
