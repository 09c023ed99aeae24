import { Event, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

interface Gate {
  isOpen: boolean;
  readonly waiting: Event[];
}

function open(gate: Gate): void {
  gate.isOpen = true;
  for (const event of gate.waiting.splice(0)) event.set();
}

async function pass(gate: Gate): Promise<void> {
  if (gate.isOpen) return;
  await ask(); // the metrics count who waits
  const opened = new Event({ name: "the gate" });
  gate.waiting.push(opened);
  await opened.wait();
}

/** Whoever saw a closed gate stands in its list before anybody else can run. */
async function passSafely(gate: Gate): Promise<void> {
  if (gate.isOpen) return;
  const opened = new Event({ name: "the gate" });
  gate.waiting.push(opened);
  await ask();
  await opened.wait();
}

function startUp(passing: typeof pass): Body {
  return async () => {
    const gate: Gate = { isOpen: false, waiting: [] };
    await withTaskGroup((group) => {
      group.spawn("request", passing, gate);
      group.spawn("start-up", async () => {
        await ask(4);
        open(gate);
      });
    });
  };
}

export const missedWakeUp: Exhibit = {
  name: "missed wake-up",
  says: "A gate is seen closed, and the one who waits enters its list after an await, when it may have been opened.",
  kind: "deadlock",
  hidden: true,
  wrong: startUp(pass),
  corrected: startUp(passSafely),
};
