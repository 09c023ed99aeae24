/**
 * A seeded stream of numbers. Each purpose (schedule, faults, the program under test) has a stream of its own, so that one
 * more draw for one purpose does not shift all others.
 *
 * The generator is a Weyl sequence behind a 32-bit finaliser, in the manner of splitmix (Steele, Lea, Flood 2014); the multipliers
 * are those of Wellons' search for low bias (2018).
 */
export class RandomStream {
  #state: number;

  /** `number` tells streams of one seed and purpose apart, those of the runs for example. */
  constructor(seed: number, purpose: string, number: number = 0) {
    let state = scramble(seed | 0) ^ scramble(Math.floor(seed / 2 ** 32) | 0);
    for (let at = 0; at < purpose.length; at++) state = scramble(state ^ purpose.charCodeAt(at));
    this.#state = scramble(state ^ number);
  }

  /** A number from 0 to below 1, with 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return (scramble(this.#state) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to below `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }
}

function scramble(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
