/**
 * Errors on their way between threads, the thread's half: what was thrown, as data that can be cloned.
 *
 * `structuredClone` keeps of an error its message, its stack and which built-in class it has, no more. So an error goes as a table of
 * nodes that refer to each other by their place, the thrown value first: causes and members of compound errors may run in circles.
 * Values that cannot be cloned go as text. Reading back is in `error-from-wire.ts`.
 */
import { show } from "../base/check.ts";
import { suppressedErrors } from "../base/suppressed.ts";
import { brandOf } from "../base/tsyncio-error.ts";
import { withoutInnerEnd } from "./frames.ts";
import { sharedClassName } from "./shareable.ts";

/** Something that is no error: thrown as it is, or a property of an error. */
export interface WireValue {
  readonly kind: "value";
  readonly value: unknown;
}

export interface WireErrorNode {
  readonly kind: "error";
  /** The name of its shareable class, where it has one. */
  readonly shared: string | undefined;
  /** The code, where it is an error of this library. */
  readonly code: string | undefined;
  /** The nearest built-in class. */
  readonly builtin: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Own enumerable properties, and where their values stand. */
  readonly properties: ReadonlyArray<readonly [key: string, place: number]>;
  readonly cause: number | undefined;
  readonly errors: readonly number[] | undefined;
  readonly suppressed: readonly number[] | undefined;
}

export type WireNode = WireValue | WireErrorNode;

export interface WireError {
  readonly nodes: readonly WireNode[];
}

/** So many values of one error go over; what lies beyond is cut off. */
const MOST_NODES = 1_000;
const builtins: ReadonlySet<string> = new Set(
  "Error TypeError RangeError SyntaxError ReferenceError EvalError URIError AggregateError SuppressedError DOMException".split(
    " ",
  ),
);
/** Told apart from the properties that are read by name. */
const named: ReadonlySet<string> = new Set(["name", "message", "stack", "cause", "errors"]);

/** `thrown` as data. Never throws. */
export function toWire(thrown: unknown): WireError {
  return { nodes: new Encoder().encode(thrown) };
}

class Encoder {
  readonly #nodes: WireNode[] = [];
  readonly #places = new Map<unknown, number>();
  readonly #open: unknown[] = [];

  encode(thrown: unknown): WireNode[] {
    this.#placeOf(thrown);
    for (let at = 0; at < this.#open.length; at++) this.#nodes.push(this.#nodeOf(this.#open[at]));
    return this.#nodes;
  }

  /** Where `value` will stand. Beyond the bound it is the first node that stands for it. */
  #placeOf(value: unknown): number {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    if (this.#open.length >= MOST_NODES) return 0;
    const place = this.#open.push(value) - 1;
    this.#places.set(value, place);
    return place;
  }

  #nodeOf(value: unknown): WireNode {
    try {
      if (value instanceof Error) return this.#errorNode(value);
    } catch {
      // An error with throwing getters goes as text.
    }
    return { kind: "value", value: cloneable(value) };
  }

  #errorNode(error: Error): WireErrorNode {
    const properties: Array<[string, number]> = [];
    for (const key of Object.keys(error)) {
      if (!named.has(key))
        properties.push([key, this.#placeOf((error as unknown as Record<string, unknown>)[key])]);
    }
    const errors = (error as Partial<AggregateError>).errors;
    const { errors: later } = suppressedErrors(error);
    return {
      kind: "error",
      shared: sharedClassName(error),
      code: brandOf(error),
      builtin: builtinOf(error),
      name: String(error.name),
      message: String(error.message),
      stack: typeof error.stack === "string" ? withoutInnerEnd(error.stack) : undefined,
      properties,
      cause: Object.hasOwn(error, "cause") ? this.#placeOf(error.cause) : undefined,
      errors: Array.isArray(errors) ? errors.map((member) => this.#placeOf(member)) : undefined,
      suppressed: later.length === 0 ? undefined : later.map((one) => this.#placeOf(one)),
    };
  }
}

/** `value`, or a picture of it where it cannot be cloned. */
function cloneable(value: unknown): unknown {
  if (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol") return value;
  try {
    structuredClone(value);
    return value;
  } catch {
    return show(value);
  }
}

function builtinOf(error: Error): string {
  let prototype: unknown = Object.getPrototypeOf(error);
  while (prototype !== null && prototype !== undefined) {
    const { name } = (prototype as object).constructor;
    if (builtins.has(name)) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return "Error";
}
