import { checkFunction } from "../base/check.ts";
import { currentScope, storage } from "./current.ts";
import { NoContextValue } from "./errors.ts";
import { leave, runIn, settled } from "./leave.ts";
import { Scope, type ContextEntry } from "./scope.ts";

/**
 * A value that tasks inherit from the one that spawned them, without passing it along.
 *
 * Unlike cancellation and deadlines, which come from the group, it comes from the spawner.
 *
 * @example
 * import { ContextVar, withTaskGroup } from "tsyncio";
 * const requestId = new ContextVar<string>("requestId");
 * await requestId.run("r1", () => withTaskGroup((group) => {
 *   group.spawn(async () => { console.log(requestId.get()); }); // r1
 * }));
 */
export class ContextVar<T> {
  readonly name: string;
  readonly #fallback: { readonly value: T } | null;

  constructor(name: string, ...fallback: [] | [value: T]) {
    this.name = name;
    this.#fallback = fallback.length === 0 ? null : { value: fallback[0] };
  }

  /** @throws {NoContextValue} where nothing set the variable and it has no default. */
  get(): T {
    const scope = currentScope();
    for (let entry = scope.context; entry !== null; entry = entry.next) {
      if (entry.variable === this) return entry.value as T;
    }
    if (this.#fallback !== null) return this.#fallback.value;
    throw new NoContextValue(this.name, scope.path);
  }

  /** Runs `fn` with the variable set to `value`, for it and all it begins. Returns what `fn` returns. */
  run<R>(value: T, fn: () => R): R {
    checkFunction("fn of ContextVar.run", fn);
    const parent = currentScope();
    const entry = { variable: this, value, next: without(this, parent.context) };
    const scope = new Scope(parent.engine, parent, `${this.name}.run`, entry, 0);
    let result: R;
    try {
      result = storage.run(scope, fn);
    } catch (error) {
      void leave(scope);
      throw error;
    }
    if (result instanceof Promise) return runIn(scope, () => result).then(settled) as R;
    void leave(scope);
    return result;
  }
}

/** The list without a variable's binding, so that a chain of tasks which each bind it anew keeps one binding. */
function without(variable: object, list: ContextEntry | null): ContextEntry | null {
  if (list === null || list.variable === variable) return list === null ? null : list.next;
  const next = without(variable, list.next);
  return next === list.next ? list : { ...list, next };
}
