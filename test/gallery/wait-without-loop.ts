import assert from "node:assert/strict";
import { Condition, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

interface Shop {
  readonly restocked: Condition;
  readonly apples: string[];
}

async function buy({ restocked, apples }: Shop): Promise<string | undefined> {
  using _ = await restocked.acquire();
  if (apples.length === 0) await restocked.wait();
  return apples.pop();
}

/** Who is notified looks again: another may have come first. */
async function buyInLoop({ restocked, apples }: Shop): Promise<string | undefined> {
  using _ = await restocked.acquire();
  await restocked.waitFor(() => apples.length > 0);
  return apples.pop();
}

async function deliver({ restocked, apples }: Shop): Promise<void> {
  using _ = await restocked.acquire();
  apples.push("apple");
  restocked.notify();
}

function market(buying: typeof buy): Body {
  return async () => {
    const shop: Shop = { restocked: new Condition(undefined, { name: "restocked" }), apples: [] };
    await withTaskGroup((group) => {
      const buyer = async (hops: number): Promise<void> => {
        await ask(hops);
        assert.equal(await buying(shop), "apple");
      };
      group.spawn("early", buyer, 0);
      group.spawn("late", buyer, 6);
      group.spawn("seller", async () => {
        await ask(2); // for what is in season
        await deliver(shop);
        await ask(); // for more
        await deliver(shop);
      });
    });
  };
}

export const waitWithoutLoop: Exhibit = {
  name: "wait without a loop",
  says: "A task that was notified takes what it waited for without looking, though another may have come first.",
  kind: "error",
  hidden: true,
  wrong: market(buy),
  corrected: market(buyInLoop),
};
