/**
 * The failures that came after the first (law 3): kept with the error that the group threw.
 *
 * In an own symbol property where the error is extensible, so that printing the error shows them; else in a WeakMap. A `Cancelled` is
 * shared by all the waits of its scope, so that nothing is hung on it.
 */
import { brandOf } from "./tsyncio-error.ts";

const key: unique symbol = Symbol.for("tsyncio.suppressed") as never;
const MOST = 100;

/** Failures that a group threw away in favour of an earlier one. */
export interface SuppressedErrors {
  /** The first 100 of them, in the order in which they came. */
  readonly errors: readonly unknown[];
  /** How many there were. */
  readonly count: number;
}

/** A group. A list that an inner group began is carried on by the outer one. */
interface Owner {
  encloses(inner: unknown): boolean;
}

interface Kept extends SuppressedErrors {
  readonly errors: unknown[];
  count: number;
  readonly owner: Owner;
}

const none: SuppressedErrors = Object.freeze({ errors: Object.freeze([]), count: 0 });
const aside = new WeakMap<object, Kept>();

/**
 * The later failures of the group that threw `error`; none for any other value.
 *
 * @example
 * import { suppressedErrors, withTaskGroup } from "tsyncio";
 * try {
 *   await withTaskGroup((group) => {
 *     group.spawn(() => { throw new Error("first"); });
 *     group.spawn(() => { throw new Error("second"); });
 *   });
 * } catch (error) {
 *   console.log(suppressedErrors(error).count); // 1
 * }
 */
export function suppressedErrors(error: unknown): SuppressedErrors {
  if (!isObject(error)) return none;
  return (error as { [key]?: Kept })[key] ?? aside.get(error) ?? none;
}

/**
 * Keeps `later` with `first`, which the group `owner` throws. False where `first` is a primitive and can keep nothing.
 * The list belongs to the last group that threw the error; an error is never its own.
 */
export function suppress(first: unknown, later: unknown, owner: Owner): boolean {
  if (later === first) return true;
  if (!isObject(first)) return false;
  let kept = suppressedErrors(first) as Kept;
  if (kept.owner === undefined || !owner.encloses(kept.owner)) {
    kept = { errors: [], count: 0, owner };
    Object.defineProperty(kept, "owner", { enumerable: false });
    keep(first, kept);
  }
  if (kept.errors.includes(later)) return true;
  kept.count++;
  if (kept.errors.length < MOST) kept.errors.push(later);
  return true;
}

function keep(error: object, kept: Kept): void {
  if (!Object.isExtensible(error) || brandOf(error) === "TSY_CANCELLED") {
    aside.set(error, kept);
    return;
  }
  Object.defineProperty(error, key, {
    value: kept,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
