/**
 * What stands in the place of the platform's functions while simulations run, and how it is taken away again.
 *
 * A stand-in is a `Proxy` of the original: name, length, statics, `prototype`, `new`, subclasses and `util.promisify` work as
 * they did, and one function that is known under two names (`setTimeout` of the globals and of `node:timers`) has one
 * stand-in. It asks once for the world of the calling code, and is the original where there is none.
 *
 * A property is replaced on the object that owns it, so that nothing inherited becomes an own property. What the runtime does
 * not let us replace is left as it is.
 *
 * Rejected: wrapper functions with the original's properties copied onto them. They cannot hide that they are functions with a
 * `prototype`, and go stale when somebody writes to the original.
 */
import { promisify } from "node:util";
import type { CapturedWorld, WorldFinder } from "../../testing/platform.ts";

/**
 * What a call gives inside a world. `real` does what the platform would have done, with these arguments or other ones;
 * `newTarget` is there for calls with `new`.
 */
export type Answer = (
  world: CapturedWorld,
  args: readonly unknown[],
  real: (args?: readonly unknown[]) => unknown,
  newTarget: Function | undefined,
) => unknown;

/** A property as it was, and as it is while simulations run. */
interface Change {
  readonly owner: object;
  readonly key: PropertyKey;
  readonly was: PropertyDescriptor;
  readonly now: PropertyDescriptor;
}

/**
 * Making the stand-ins takes milliseconds, putting them in their places a tenth of that; so they are kept between captures.
 */
export class Patches {
  readonly worlds: WorldFinder;
  /** In the order in which they were made. Each is in force, unless the patches were taken off. */
  readonly #changes: Change[] = [];
  #areOn = true;
  readonly #standIns = new WeakMap<Function, Function>();
  readonly #ours = new WeakSet<Function>();

  constructor(worlds: WorldFinder) {
    this.worlds = worlds;
  }

  /** Answers the calls of a function for code inside a world. A second answer for one function is not heard. */
  answer(holder: object | undefined, key: PropertyKey, answer: Answer): void {
    this.replace(holder, key, (original) => this.standIn(original, answer));
  }

  /** Answers the reads of an accessor. */
  answerRead(holder: object | undefined, key: PropertyKey, answer: Answer): void {
    const [owner, was] = find(holder, key);
    if (owner === undefined || was.get === undefined) return;
    this.#define(owner, key, { ...was, get: this.standIn(was.get, answer) as () => unknown });
  }

  /**
   * Puts `make(original)` in the place of a function. Where the platform keeps it behind an accessor, which may be there to
   * load it late, the accessor stays and makes the replacement when it is read.
   */
  replace(holder: object | undefined, key: PropertyKey, make: (original: Function) => Function): void {
    const [owner, was] = find(holder, key);
    if (owner === undefined) return;
    if (was.get === undefined) {
      if (typeof was.value === "function")
        this.#define(owner, key, { ...was, value: this.#once(was.value, make) });
      return;
    }
    const read = was.get;
    const once = (original: Function): Function => this.#once(original, make);
    const get = function (this: unknown): unknown {
      const value: unknown = Reflect.apply(read, this, []);
      return typeof value === "function" ? once(value) : value;
    };
    this.#define(owner, key, { ...was, get });
  }

  /** Leaves a property alone: the patches are good as long as it stays what it is. */
  keep(owner: object, key: PropertyKey): void {
    const was = Reflect.getOwnPropertyDescriptor(owner, key);
    if (was !== undefined) this.#changes.push({ owner, key, was, now: was });
  }

  standIn(original: Function, answer: Answer): Function {
    return this.#once(original, () => new Proxy(original, this.#handler(original, answer)));
  }

  /** Puts every property back as it was, the last one first. Calling it again does nothing. @throws for those that cannot be put back. */
  restore(): void {
    if (!this.#areOn) return;
    this.#areOn = false;
    const stuck = this.#changes
      .toReversed()
      .filter(({ owner, key, was }) => !Reflect.defineProperty(owner, key, was));
    if (stuck.length === 0) return;
    const names = stuck.map(({ key }) => `"${String(key)}"`).join(", ");
    throw new TypeError(`cannot restore ${names}: made read-only while it was captured`);
  }

  /** Puts all stand-ins in their places again. False, and nothing is changed, where a property is not what it was when they were made. */
  apply(): boolean {
    if (!this.#changes.every(isAsItWas)) return false;
    this.#areOn = true;
    for (const { owner, key, now } of this.#changes) Reflect.defineProperty(owner, key, now);
    return true;
  }

  #once(original: Function, make: (original: Function) => Function): Function {
    if (this.#ours.has(original)) return original;
    const known = this.#standIns.get(original);
    if (known !== undefined) return known;
    const made = make(original);
    this.#standIns.set(original, made);
    this.#ours.add(made);
    return made;
  }

  #handler(original: Function, answer: Answer): ProxyHandler<Function> {
    const { worlds } = this;
    const handler: ProxyHandler<Function> = {
      apply(target, self, args): unknown {
        const world = worlds.current();
        if (world === null) return Reflect.apply(target, self, args);
        return answer(world, args, (given = args) => Reflect.apply(target, self, given), undefined);
      },
      construct(target, args, newTarget): object {
        const world = worlds.current();
        if (world === null) return Reflect.construct(target, args, newTarget) as object;
        const real = (given: readonly unknown[] = args): unknown =>
          Reflect.construct(target, given, newTarget);
        return answer(world, args, real, newTarget) as object;
      },
    };
    const promised = Reflect.getOwnPropertyDescriptor(original, promisify.custom);
    if (promised?.get !== undefined) handler.get = this.#readPromised;
    return handler;
  }

  /** Deno's `setTimeout` gives `util.promisify` the original of `node:timers/promises`, whatever that module exports now. */
  readonly #readPromised = (target: Function, key: PropertyKey): unknown => {
    const value: unknown = Reflect.get(target, key);
    return (key === promisify.custom && this.#standIns.get(value as Function)) || value;
  };

  /** A property that is writable, but not configurable, takes the value of `now`, and takes the old one back. */
  #define(owner: object, key: PropertyKey, now: PropertyDescriptor): void {
    const was = Reflect.getOwnPropertyDescriptor(owner, key);
    if (was === undefined || (was.value === now.value && was.get === now.get)) return;
    if (Reflect.defineProperty(owner, key, now)) this.#changes.push({ owner, key, was, now });
  }
}

function isAsItWas({ owner, key, was }: Change): boolean {
  const is = Reflect.getOwnPropertyDescriptor(owner, key);
  return is !== undefined && is.value === was.value && is.get === was.get && is.set === was.set;
}

/** The object that has the property itself, `holder` or one that it inherits from, and what it has there. */
function find(
  holder: object | undefined,
  key: PropertyKey,
): [object, PropertyDescriptor] | [undefined, undefined] {
  for (let at: object | null = holder ?? null; at !== null; at = Reflect.getPrototypeOf(at)) {
    const found = Reflect.getOwnPropertyDescriptor(at, key);
    if (found !== undefined) return [at, found];
  }
  return [undefined, undefined];
}
