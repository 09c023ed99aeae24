import assert from "node:assert/strict";
import { withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

class Prices {
  stored = 10;
  cached: number | undefined;
  /** How often the price was changed. */
  version = 0;

  async change(price: number): Promise<void> {
    await ask(6);
    this.stored = price;
    this.version++;
    this.cached = undefined;
  }
}

async function read(prices: Prices): Promise<void> {
  const price = prices.stored;
  await ask(); // the row travels
  prices.cached = price;
}

async function readCurrent(prices: Prices): Promise<void> {
  const { stored, version } = prices;
  await ask();
  if (prices.version === version) prices.cached = stored;
}

function shop(reading: typeof read): Body {
  return async () => {
    const prices = new Prices();
    await withTaskGroup((group) => {
      group.spawn("reader", reading, prices);
      group.spawn("writer", () => prices.change(12));
    });
    assert.notEqual(prices.cached, 10);
  };
}

export const staleCache: Exhibit = {
  name: "stale cache",
  says: "A value that was read before a change is put into the cache after the change has emptied it.",
  kind: "error",
  // The reader has filled the cache, and the change empties it, wherever calls of more hops end later.
  hidden: true,
  wrong: shop(read),
  corrected: shop(readCurrent),
};
