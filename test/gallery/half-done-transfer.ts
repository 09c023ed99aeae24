import assert from "node:assert/strict";
import { sleep, withTaskGroup } from "../../src/index.ts";
import type { Body, Exhibit } from "./exhibit.ts";

interface Accounts {
  savings: number;
  current: number;
}

async function transfer(accounts: Accounts, amount: number): Promise<void> {
  accounts.savings -= amount;
  await sleep(1); // the audit log
  accounts.current += amount;
}

/** All that can fail comes first; then both, with nothing between them. */
async function transferAtOnce(accounts: Accounts, amount: number): Promise<void> {
  await sleep(1);
  accounts.savings -= amount;
  accounts.current += amount;
}

function bank(transferring: typeof transfer): Body {
  return async () => {
    const accounts = { savings: 100, current: 100 };
    try {
      await withTaskGroup((group) => {
        group.spawn("transfer", transferring, accounts, 10);
        group.spawn("standing order", transferring, accounts, 5);
      });
    } finally {
      assert.equal(accounts.savings + accounts.current, 200);
    }
  };
}

export const halfDoneTransfer: Exhibit = {
  name: "half-done transfer",
  says: "Money is taken from one account and put on the other after an await, which may throw.",
  kind: "error",
  hidden: true,
  options: { faults: { cancel: true, throw: true } },
  wrong: bank(transfer),
  corrected: bank(transferAtOnce),
};
