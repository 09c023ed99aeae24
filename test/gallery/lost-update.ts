import assert from "node:assert/strict";
import { Lock, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

interface Account {
  balance: number;
  readonly lock: Lock;
}

async function withdraw(account: Account, amount: number): Promise<void> {
  const seen = account.balance;
  await ask(); // for fraud
  account.balance = seen - amount;
}

async function withdrawAlone(account: Account, amount: number): Promise<void> {
  using _ = await account.lock.acquire();
  await withdraw(account, amount);
}

function bank(withdrawing: typeof withdraw): Body {
  return async () => {
    const account = { balance: 100, lock: new Lock({ name: "the account" }) };
    await withTaskGroup((group) => {
      group.spawn("alice", withdrawing, account, 10);
      group.spawn("bob", async () => {
        await ask(4); // he has to log in first
        await withdrawing(account, 20);
      });
    });
    assert.equal(account.balance, 70);
  };
}

export const lostUpdate: Exhibit = {
  name: "lost update",
  says: "A balance is read, and written after an await as if nobody could have changed it meanwhile.",
  kind: "error",
  hidden: true,
  wrong: bank(withdraw),
  corrected: bank(withdrawAlone),
};
