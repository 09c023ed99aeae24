import { Lock, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

interface Account {
  readonly id: number;
  readonly lock: Lock;
  balance: number;
}

function account(id: number): Account {
  return { id, balance: 100, lock: new Lock({ name: `account ${id}` }) };
}

async function transfer(from: Account, to: Account, amount: number): Promise<void> {
  using _from = await from.lock.acquire();
  using _to = await to.lock.acquire();
  from.balance -= amount;
  to.balance += amount;
}

async function transferInOrder(from: Account, to: Account, amount: number): Promise<void> {
  const [first, second] = from.id < to.id ? [from, to] : [to, from];
  using _first = await first.lock.acquire();
  using _second = await second.lock.acquire();
  from.balance -= amount;
  to.balance += amount;
}

function bank(transferring: typeof transfer): Body {
  return async () => {
    const [savings, current] = [account(1), account(2)];
    await withTaskGroup((group) => {
      group.spawn("to current", transferring, savings, current, 10);
      group.spawn("to savings", async () => {
        await ask(4); // for today's limit
        await transferring(current, savings, 20);
      });
    });
  };
}

export const lockOrder: Exhibit = {
  name: "lock order",
  says: "Two transfers take the same two locks in opposite orders, and wait for each other.",
  kind: "deadlock",
  hidden: true,
  wrong: bank(transfer),
  corrected: bank(transferInOrder),
};
