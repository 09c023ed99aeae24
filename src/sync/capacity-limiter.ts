import { checkCount, checkFunction, show } from "../base/check.ts";
import { InvalidArgument } from "../base/tsyncio-error.ts";
import { currentScope } from "../kernel/current.ts";
import { delivered, refusal } from "../kernel/park.ts";
import { WaitQueue } from "../kernel/wait-queue.ts";
import { AlreadyHeld } from "./errors.ts";
import {
  CountedHold,
  handedOut,
  labelOf,
  whileHolding,
  type Engine,
  type Hold,
  type NameOption,
} from "./hold.ts";

let giveBack: (limiter: CapacityLimiter, owner: object) => void;

class LimiterHold extends CountedHold {
  readonly #limiter: CapacityLimiter;
  readonly #owner: object;

  constructor(limiter: CapacityLimiter, owner: object) {
    super();
    this.#limiter = limiter;
    this.#owner = owner;
  }

  protected giveBack(): void {
    giveBack(this.#limiter, this.#owner);
  }
}

interface Request {
  readonly owner: object;
  readonly engine: Engine;
}

/**
 * A {@link Semaphore} that knows its owners and can be resized: for a scarce resource, such as threads or connections.
 *
 * An owner is the task that acquires, or any object on whose behalf it does. It holds at most one slot; asking for a second is an
 * error, since two owners who each wait for a second one would wait for ever.
 *
 * @example
 * import { CapacityLimiter, withTaskGroup } from "tsyncio";
 * const connections = new CapacityLimiter(1);
 * await withTaskGroup((group) => {
 *   for (const user of ["ann", "bo"]) {
 *     group.spawn(async () => {
 *       using _ = await connections.acquire();
 *       console.log(user);
 *     });
 *   }
 * });
 * connections.capacity = 10;
 * // ann
 * // bo
 */
export class CapacityLimiter {
  readonly #waiters: WaitQueue<Hold, Request>;
  readonly #owners = new Set<object>();
  #capacity: number;

  static {
    giveBack = (limiter, owner) => limiter.#giveBack(owner);
  }

  /** `capacity`: how many slots there are. With 0 everybody waits until it is raised. */
  constructor(capacity: number, options: NameOption = {}) {
    this.#capacity = checkCount("capacity of CapacityLimiter", capacity, 0);
    this.#waiters = new WaitQueue(labelOf("limiter.acquire", options.name));
  }

  /**
   * How many slots there are. Raising it lets waiters in at once; lowering it takes nothing away from those who hold one, but nobody
   * gets in until enough of them have released.
   */
  get capacity(): number {
    return this.#capacity;
  }

  set capacity(capacity: number) {
    this.#capacity = checkCount("capacity of CapacityLimiter", capacity, 0);
    this.#serve();
  }

  /**
   * Waits for a slot and takes it, on behalf of `owner`: the calling task unless given.
   *
   * Cancel safety: a cancelled acquisition has no slot. One that has got it returns the hold, even if the scope is cancelled before
   * the task runs.
   * @throws {AlreadyHeld} when the owner holds a slot already.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  acquire(owner?: object): Promise<Hold> {
    const scope = currentScope();
    const request = { owner: owner === undefined ? scope.task : checkOwner(owner), engine: scope.engine };
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#owners.has(request.owner)) return Promise.reject(alreadyHeld(request.owner));
    return this.#hasRoom ? delivered(this.#grant(request), scope) : this.#waiters.park(request);
  }

  /**
   * Takes a slot if one is free; `undefined` otherwise. Never waits, and is no cancellation point.
   *
   * @throws {AlreadyHeld} when the owner holds a slot already.
   */
  tryAcquire(owner?: object): Hold | undefined {
    const scope = currentScope();
    const request = { owner: owner === undefined ? scope.task : checkOwner(owner), engine: scope.engine };
    if (this.#owners.has(request.owner)) throw alreadyHeld(request.owner);
    return this.#hasRoom ? this.#grant(request) : undefined;
  }

  /**
   * Runs `fn` while holding a slot, and gives it back when `fn` has ended.
   *
   * Cancel safety: as {@link CapacityLimiter.acquire} until `fn` runs.
   * @throws {AlreadyHeld} when the owner holds a slot already.
   * @throws {Cancelled} when the surrounding scope is cancelled before a slot is free.
   */
  with<T>(fn: () => T | PromiseLike<T>, owner?: object): Promise<T> {
    checkFunction("fn of limiter.with", fn);
    return whileHolding(this.acquire(owner), fn);
  }

  /** `held`: how many slots have owners; `waiters`: how many tasks wait for one. */
  stats(): Readonly<{ capacity: number; held: number; waiters: number }> {
    return { capacity: this.#capacity, held: this.#owners.size, waiters: this.#waiters.size };
  }

  /** While there is room nobody waits: whatever makes room serves the waiters. So nobody new can come before them. */
  get #hasRoom(): boolean {
    return this.#owners.size < this.#capacity;
  }

  #grant({ owner, engine }: Request): Hold {
    this.#owners.add(owner);
    return handedOut(new LimiterHold(this, owner), engine, this.#waiters.label);
  }

  #giveBack(owner: object): void {
    this.#owners.delete(owner);
    this.#serve();
  }

  /** Lets waiters in while there is room. An owner that waited twice may hold a slot by now. */
  #serve(): void {
    while (this.#waiters.size > 0 && this.#hasRoom) {
      const request = this.#waiters.headItem;
      const refused = this.#owners.has(request.owner);
      if (refused) this.#waiters.fail(alreadyHeld(request.owner));
      else this.#waiters.wake(this.#grant(request));
    }
  }
}

function checkOwner(owner: unknown): object {
  if ((typeof owner === "object" && owner !== null) || typeof owner === "function") return owner;
  throw new InvalidArgument(
    `owner of CapacityLimiter is ${show(owner)}. Give an object, or nothing for the calling task.`,
  );
}

function alreadyHeld(owner: object): AlreadyHeld {
  const name = "path" in owner ? String(owner.path) : show(owner);
  return new AlreadyHeld(
    `${name} holds a slot of this CapacityLimiter already. Release it first, or acquire on behalf of another object.`,
  );
}
