import { Semaphore, sleep, withTaskGroup } from "../../src/index.ts";
import type { Body, Exhibit } from "./exhibit.ts";

async function render(slots: Semaphore): Promise<void> {
  const slot = await slots.acquire();
  await sleep(5);
  slot.release();
}

async function renderSafely(slots: Semaphore): Promise<void> {
  using _ = await slots.acquire();
  await sleep(5);
}

function printer(rendering: typeof render): Body {
  return async () => {
    const slots = new Semaphore(1, { name: "render slots" });
    await withTaskGroup((group) => {
      group.spawn("cover", rendering, slots);
      group.spawn("pages", rendering, slots);
    });
    await slots.with(() => {});
  };
}

export const leakedPermit: Exhibit = {
  name: "permit leaked on cancel",
  says: "A permit is released after the work, but not when the work is cancelled, and is missing from then on.",
  kind: "deadlock",
  hidden: true,
  options: { faults: { cancel: true } },
  wrong: printer(render),
  corrected: printer(renderSafely),
};
