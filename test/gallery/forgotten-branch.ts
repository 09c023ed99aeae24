import { all, sleep, withTaskGroup, withTimeout } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

class Bureau {
  rate: number | null = null;

  async rateNow(): Promise<number> {
    await ask();
    if (this.rate === null) throw new Error("there is no rate yet");
    return this.rate;
  }

  async fee(): Promise<number> {
    await sleep(5);
    return 1;
  }
}

async function price(bureau: Bureau): Promise<number> {
  const [rate, fee] = await Promise.all([bureau.rateNow(), bureau.fee()]);
  return rate + fee;
}

/** A branch that fails takes the others with it. */
async function priceOfAll(bureau: Bureau): Promise<number> {
  const [rate, fee] = await all([() => bureau.rateNow(), () => bureau.fee()]);
  return rate + fee;
}

function exchange(pricing: typeof price): Body {
  return async () => {
    const bureau = new Bureau();
    await withTaskGroup((group) => {
      group.spawn("rates", async () => {
        await ask();
        bureau.rate = 3;
      });
      group.spawn("quote", async () => {
        await ask(3);
        await withTimeout(50, () => pricing(bureau)).catch(() => "no quote today");
      });
    });
  };
}

export const forgottenBranch: Exhibit = {
  name: "forgotten branch",
  says: "One branch of a Promise.all fails, and the other one goes on though nobody waits for it any more.",
  kind: "stray work",
  hidden: true,
  wrong: exchange(price),
  corrected: exchange(priceOfAll),
};
