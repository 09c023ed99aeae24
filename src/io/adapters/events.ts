import { checkCount, show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { sourceOf, type Emitter, type Source, type Target } from "./emitters.ts";
import { EventLoop, type Events } from "./event-loop.ts";

/** How `events` buffers, and when it ends. */
export interface EventsOptions {
  /** How many events may wait for the loop. Default 1,024. */
  readonly capacity?: number;
  /** What happens to an event when there is no room: the loop throws `EventOverflow` (the default), or one is dropped and counted. */
  readonly overflow?: "error" | "drop-oldest" | "drop-newest";
  /** Events that end the loop, after those that came before. Default none. */
  readonly endEvents?: ReadonlyArray<string | symbol>;
  /** The event that makes the loop throw what it says. Default `"error"`; null for none. */
  readonly errorEvent?: string | symbol | null;
}

const CAPACITY = 1_024;
const OVERFLOWS: ReadonlySet<unknown> = new Set(["error", "drop-oldest", "drop-newest"]);

/**
 * The events of one name, as a bounded async iterable: of an `EventEmitter`, each with the list of its values; of an `EventTarget`, each
 * as the event object.
 *
 * It listens from the call of the first `next()` on: what was emitted before is not heard, and what never becomes a loop leaves nothing
 * behind. It stops when the loop is left, at an end or error event, at an overflow, or when the scope of the first `next()` ends: then no
 * listener is left. Events that came before an end or an error are given first. It is one loop: once it has ended, there is no more.
 * An error event that nobody reads any more goes to the runtime's `onUnhandled`.
 *
 * Cancel safety: a cancelled `next()` takes no event.
 * @throws {EventOverflow} by `next()`, when more than `capacity` events wait.
 * @throws {InvalidArgument} for what emits nothing, and wrong options.
 * @example
 * import { EventEmitter } from "node:events";
 * import { events } from "tsyncio/io";
 * const emitter = new EventEmitter();
 * setTimeout(() => {
 *   emitter.emit("tick", 1);
 *   emitter.emit("tick", 2);
 *   emitter.emit("stop");
 * }, 1);
 * for await (const [n] of events<[number]>(emitter, "tick", { endEvents: ["stop"] })) console.log(n);
 * // 1
 * // 2
 */
export function events<V extends readonly unknown[] = readonly unknown[]>(
  emitter: Emitter,
  name: string | symbol,
  options?: EventsOptions,
): Events<V>;
export function events<E = Event>(target: Target<E>, name: string, options?: EventsOptions): Events<E>;
export function events(
  emitter: object,
  name: string | symbol,
  options: EventsOptions = {},
): Events<never> {
  const { overflow = "error", endEvents = [], errorEvent = "error" } = options;
  const capacity = checkCount("capacity of events", options.capacity ?? CAPACITY);
  if (!OVERFLOWS.has(overflow))
    throw new InvalidArgument(
      `overflow of events is ${show(overflow)}. Give "error", "drop-oldest" or "drop-newest".`,
    );
  const source = sourceOf(emitter as Emitter | Target<unknown>) as Source<never>;
  checkName("name", name);
  if (!Array.isArray(endEvents))
    throw new InvalidArgument(`endEvents of events is ${show(endEvents)}. Give an array of names.`);
  for (const end of endEvents) checkName("a name in endEvents", end);
  // Whoever loops over the errors themselves wants them as events.
  const failing = errorEvent === name ? null : errorEvent;
  return new EventLoop(source, { name, capacity, overflow, endEvents, errorEvent: failing });
}

function checkName(what: string, name: unknown): void {
  if (typeof name === "string" || typeof name === "symbol") return;
  throw new InvalidArgument(`${what} of events is ${show(name)}. Give the name of an event.`);
}
