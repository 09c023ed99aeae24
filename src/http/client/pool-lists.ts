/** The links by which the pool keeps its things in order: a place in a list costs no object, and leaving it costs no search. */

/** Something that can stand in one list of a kind. */
export interface Link<T> {
  before: T | null;
  after: T | null;
}

/** A list whose members carry their own places, in a link that `linkOf` finds. */
export class LinkedList<T extends object> {
  readonly #linkOf: (member: T) => Link<T>;
  first: T | null = null;
  last: T | null = null;

  constructor(linkOf: (member: T) => Link<T>) {
    this.#linkOf = linkOf;
  }

  /** `member` stands in no list of the kind. */
  push(member: T): void {
    this.insert(member, this.last);
  }

  /** Puts `member`, which stands in no list of the kind, behind `before`; null for the first place. */
  insert(member: T, before: T | null): void {
    const after = before === null ? this.first : this.#linkOf(before).after;
    const link = this.#linkOf(member);
    link.before = before;
    link.after = after;
    if (before === null) this.first = member;
    else this.#linkOf(before).after = member;
    if (after === null) this.last = member;
    else this.#linkOf(after).before = member;
  }

  /** `member` stands in this list. */
  remove(member: T): void {
    const link = this.#linkOf(member);
    if (link.before === null) this.first = link.after;
    else this.#linkOf(link.before).after = link.after;
    if (link.after === null) this.last = link.before;
    else this.#linkOf(link.after).before = link.before;
    link.before = null;
    link.after = null;
  }

  /** The member before `member`. */
  before(member: T): T | null {
    return this.#linkOf(member).before;
  }

  /** The member behind `member`. */
  after(member: T): T | null {
    return this.#linkOf(member).after;
  }
}
