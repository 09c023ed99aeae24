import { show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { ContextVar } from "../kernel/context-var.ts";
import type { ContextEntry, Scope } from "../kernel/scope.ts";

/** A class of errors. */
export type ErrorClass = abstract new (...args: never[]) => Error;

const variables = new Map<string, ContextVar<unknown>>();
const classes = new Map<string, ErrorClass>();
const classNames = new Map<unknown, string>();

/**
 * Lets a `ContextVar` or a class of errors cross between threads. Returns what it is given.
 *
 * Both sides must evaluate the module that calls this: a variable is found by its name, a class by the name it has, or by `name`. The
 * value of the variable is cloned with each call. An error comes out as an instance of its class, with its message, stack, cause and
 * own properties; its constructor is not called, so that `#private` fields are missing.
 *
 * @throws {InvalidArgument} for anything else, and for a second variable or class of a name.
 * @example
 * import { ContextVar } from "tsyncio";
 * import { shareable } from "tsyncio/threads";
 * export const requestId = shareable(new ContextVar<string>("requestId"));
 * export class OutOfStock extends Error {}
 * shareable(OutOfStock);
 */
export function shareable<T extends ContextVar<never> | ContextVar<unknown> | ErrorClass>(
  thing: T,
  name?: string,
): T {
  if (thing instanceof ContextVar) add(variables, name ?? thing.name, thing, "ContextVar");
  else if (isErrorClass(thing)) {
    const known = name ?? thing.name;
    add(classes, known, thing, "class of errors");
    classNames.set(thing, known);
  } else {
    throw new InvalidArgument(
      `shareable was given ${show(thing)}. Give a ContextVar, or a class that extends Error.`,
    );
  }
  return thing;
}

function isErrorClass(thing: unknown): thing is ErrorClass {
  return typeof thing === "function" && thing.prototype instanceof Error;
}

function add<T>(known: Map<string, T>, name: unknown, thing: T, what: string): void {
  if (typeof name !== "string" || name === "")
    throw new InvalidArgument(
      `the name of a shareable ${what} is ${show(name)}. Give a name, the same in all threads.`,
    );
  const other = known.get(name);
  if (other !== undefined && other !== thing)
    throw new InvalidArgument(
      `two shareable things (${what}) are named ${show(name)}. Give the second one another name: shareable(thing, "name").`,
    );
  known.set(name, thing);
}

/** The bindings of shareable variables that hold in `scope`; null where there are none. */
export function sharedContext(scope: Scope): Array<[string, unknown]> | null {
  let found: Array<[string, unknown]> | null = null;
  for (let entry = scope.context; entry !== null && variables.size > 0; entry = entry.next) {
    for (const [name, variable] of variables)
      if (variable === entry.variable) (found ??= []).push([name, entry.value]);
  }
  return found;
}

/** The bindings as a scope keeps them. One that this side does not know is left out. */
export function contextFrom(
  bindings: ReadonlyArray<readonly [string, unknown]> | null,
): ContextEntry | null {
  let list: ContextEntry | null = null;
  for (const [name, value] of bindings ?? []) {
    const variable = variables.get(name);
    if (variable !== undefined) list = { variable, value, next: list };
  }
  return list;
}

export function sharedClass(name: string): ErrorClass | undefined {
  return classes.get(name);
}

/** The name of the nearest shareable class of `error`. */
export function sharedClassName(error: object): string | undefined {
  if (classNames.size === 0) return undefined;
  let prototype: unknown = Object.getPrototypeOf(error);
  while (prototype !== null && prototype !== undefined) {
    const name = classNames.get((prototype as { constructor?: unknown }).constructor);
    if (name !== undefined) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}
