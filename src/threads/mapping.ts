/**
 * The work of `mapInThreads`: lanes, two for each thread, that take items, send them as a message, and hand on what comes back. While a
 * thread works on the message of one lane, that of the other waits in its inbox, so that it never waits for us.
 */
import type { Emit } from "../flow/production.ts";
import type { Items } from "../flow/work.ts";
import { currentScope } from "../kernel/current.ts";
import { TimeoutError } from "../kernel/errors.ts";
import { cancellationIn } from "../kernel/cancellation-in.ts";
import { withTaskGroup } from "../kernel/task-group.ts";
import { BatchSize } from "./batch-size.ts";
import { NotCloneable, ThreadCrashed, ThreadOutOfMemory } from "./errors.ts";
import { fromWire } from "./error-from-wire.ts";
import type { Origin } from "./import-thread.ts";
import { itemSource, type ItemSource } from "./item-source.ts";
import type { BatchResult } from "./messages.ts";
import { Outbox, type BatchOutcome } from "./outbox.ts";
import { cloneFailure } from "./outgoing.ts";
import type { PoolCore } from "./pool-core.ts";
import { warnOfSmallWork } from "./small-work.ts";

/** What is mapped, and how. */
export interface MappingPlan<I> {
  readonly items: Items<I>;
  readonly origin: Origin;
  readonly pool: PoolCore;
  readonly isOrdered: boolean;
  readonly isSettled: boolean;
  readonly targetMs: number;
  readonly maxBuffered: number;
  /** Where the mapping was asked for. */
  readonly asked: Error;
}

const MESSAGES_PER_THREAD = 2;

type Failures = ReadonlyArray<readonly [index: number, error: unknown]>;

/** Maps, and emits the results in pieces. With `isSettled` they are outcomes. */
export class Mapping<I> {
  readonly #plan: MappingPlan<I>;
  readonly #outbox: Outbox<unknown>;
  readonly #source: ItemSource<I>;
  readonly #lanes: number;
  readonly #size: BatchSize;
  #measuredItems = 0;
  #measuredMs = 0;

  constructor(plan: MappingPlan<I>, emit: Emit<readonly unknown[]>) {
    const { items, maxBuffered, isOrdered, targetMs } = plan;
    this.#plan = plan;
    this.#lanes = MESSAGES_PER_THREAD * plan.pool.settings.threads;
    this.#outbox = new Outbox(emit, isOrdered, maxBuffered);
    this.#size = new BatchSize(targetMs, Math.max(1, Math.floor(maxBuffered / this.#lanes / 2)));
    this.#source = itemSource(items, maxBuffered);
  }

  async run(): Promise<void> {
    try {
      await withTaskGroup((group) => {
        if (this.#source.read !== null) group.spawn("items", this.#source.read);
        const lanes = Math.min(this.#lanes, this.#source.left);
        for (let lane = 0; lane < lanes; lane++) group.spawn("messages", () => this.#lane());
      });
    } finally {
      await this.#close();
    }
    const { origin, pool } = this.#plan;
    warnOfSmallWork(pool.runtime, origin, this.#measuredItems, this.#measuredMs);
  }

  /** In a cancelled scope too; what the source throws then is the cancellation once more. */
  async #close(): Promise<void> {
    try {
      await this.#source.close();
    } catch (error) {
      if (cancellationIn(currentScope(), error) === null) throw error;
    }
  }

  async #lane(): Promise<void> {
    const outbox = this.#outbox;
    for (;;) {
      const most = this.#nextSize;
      await outbox.reserve(most);
      if (outbox.isStopped) return;
      const { first, items } = await this.#source.take(most);
      if (items.length < most) outbox.release(most - items.length);
      if (items.length === 0) return;
      await outbox.put(first, await this.#send(items));
      if (outbox.isStopped) return;
    }
  }

  get #nextSize(): number {
    return this.#size.next(this.#source.left, this.#lanes);
  }

  async #send(items: readonly I[]): Promise<BatchOutcome<unknown>> {
    try {
      return this.#outcomeOf(items.length, await this.#call(items));
    } catch (error) {
      if (cancellationIn(currentScope(), error) !== null) throw error;
      if (error instanceof NotCloneable) return await this.#sendCloneable(items, error);
      const isOfItems =
        error instanceof ThreadCrashed ||
        error instanceof ThreadOutOfMemory ||
        error instanceof TimeoutError;
      if (this.#plan.isSettled && isOfItems)
        return this.#outcome(
          items.map((_, at) => [at, error]),
          items,
        );
      return { items: items.length, values: [], failure: { error } };
    }
  }

  #call(items: readonly I[]): Promise<unknown> {
    const { origin, pool, isSettled } = this.#plan;
    const { module, name } = origin;
    return pool.call({ kind: "batch", module, name, values: items, isSettled, origin: null });
  }

  /** Some of the items cannot be cloned: the others are sent without them, up to the first one where that is the end. */
  async #sendCloneable(items: readonly I[], error: NotCloneable): Promise<BatchOutcome<unknown>> {
    const bad = items.flatMap((item, at) => (cloneFailure(item) === null ? [] : [at]));
    const [first] = bad;
    if (first === undefined) return { items: items.length, values: [], failure: { error } };
    const { isSettled, origin } = this.#plan;
    const others = isSettled ? items.filter((_, at) => !bad.includes(at)) : items.slice(0, first);
    const nothing = { items: 0, values: [], failure: null };
    const sent = others.length === 0 ? nothing : await this.#send(others);
    if (sent.failure !== null) return { ...sent, items: items.length };
    const errorOf = (at: number): NotCloneable =>
      new NotCloneable(`an item for ${origin.name}() of ${origin.module}`, items[at], error.cause);
    const values = [...sent.values];
    if (!isSettled) return { items: items.length, values, failure: { error: errorOf(first) } };
    for (const at of bad) values.splice(at, 0, { status: "rejected", reason: errorOf(at) });
    return { items: items.length, values, failure: null };
  }

  #outcomeOf(items: number, answer: unknown): BatchOutcome<unknown> {
    const { values, failures, ms } = answer as BatchResult;
    this.#size.observe(values.length, ms);
    this.#measuredItems += values.length;
    this.#measuredMs += ms;
    if (failures.length === 0 && !this.#plan.isSettled) return { items, values, failure: null };
    const thrown = failures.map(
      ([at, error]) => [at, fromWire(error, "a thread of the mapping", this.#plan.asked)] as const,
    );
    return { ...this.#outcome(thrown, values), items };
  }

  /** Values and errors as outcomes; or as the values before the first error, and that. */
  #outcome(failures: Failures, values: readonly unknown[]): BatchOutcome<unknown> {
    const [first] = failures;
    if (!this.#plan.isSettled) {
      const failure = first === undefined ? null : { error: first[1] };
      return { items: values.length, values: values.slice(0, first?.[0]), failure };
    }
    const outcomes: Array<PromiseSettledResult<unknown>> = values.map((value) => ({
      status: "fulfilled",
      value,
    }));
    for (const [at, reason] of failures) outcomes[at] = { status: "rejected", reason };
    return { items: values.length, values: outcomes, failure: null };
  }
}
