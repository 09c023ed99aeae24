// A box office, the program that is tested beside it: the same tests, written for four test runners.
import { Lock, retry, sleep, withTimeout } from "tsyncio";

/** A double of the database. It takes as long as one, but waits with tsyncio. */
export class TicketTable {
  readonly sold: { readonly seat: string; readonly customer: string }[] = [];

  async isSold(seat: string): Promise<boolean> {
    await sleep(4);
    return this.sold.some((ticket) => ticket.seat === seat);
  }

  async add(seat: string, customer: string): Promise<void> {
    await sleep(6);
    this.sold.push({ seat, customer });
  }
}

export class BoxOffice {
  readonly #tickets: TicketTable;
  readonly #lock = new Lock();

  constructor(tickets: TicketTable) {
    this.#tickets = tickets;
  }

  /** Whether the customer got the seat. */
  async reserve(seat: string, customer: string): Promise<boolean> {
    using _ = await this.#lock.acquire();
    return await this.reserveCarelessly(seat, customer);
  }

  /** The same, with a race in it: between the question and the sale somebody else may buy the seat. */
  async reserveCarelessly(seat: string, customer: string): Promise<boolean> {
    if (await this.#tickets.isSold(seat)) return false;
    await this.#tickets.add(seat, customer);
    return true;
  }
}

/** Asks a server that may hang for the price of a seat: three times, a second each, with pauses of 100 and 200 ms. */
export function askPrice(server: () => Promise<number>): Promise<number> {
  return retry(() => withTimeout(1_000, server), { attempts: 3, initialMs: 100, jitter: 0 });
}
