import assert from "node:assert/strict";
import { sleep, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

/** A row in a database, through which two processes exclude each other. Each read and write of it is a call. */
class Row {
  readonly wants: [boolean, boolean] = [false, false];
  turn: 0 | 1 = 0;
}

type Party = 0 | 1;

/** As published by Hyman in the Communications of the ACM, January 1966, and refuted there by Knuth. */
async function enter(row: Row, self: Party, other: Party): Promise<void> {
  row.wants[self] = true;
  await ask();
  while (row.turn !== self) {
    while (row.wants[other]) await sleep(1);
    await ask();
    row.turn = self;
    await ask();
  }
}

/** Peterson, 1981: who comes gives the turn away before it looks whether it must wait. */
async function enterPolitely(row: Row, self: Party, other: Party): Promise<void> {
  row.wants[self] = true;
  await ask();
  row.turn = other;
  await ask();
  while (row.wants[other] && row.turn === other) await sleep(1);
}

function processes(entering: typeof enter): Body {
  return async (t) => {
    const row = new Row();
    let inside = 0;
    t.invariant(() => assert(inside <= 1, "both are inside"));
    const work = async (self: Party, other: Party): Promise<void> => {
      await ask(); // for the row
      await entering(row, self, other);
      inside++;
      await sleep(1);
      inside--;
      row.wants[self] = false;
    };
    await withTaskGroup((group) => {
      group.spawn("process 0", work, 0, 1);
      group.spawn("process 1", work, 1, 0);
    });
  };
}

export const handMadeLock: Exhibit = {
  name: "hand-made lock",
  says: "Two flags and a turn are to keep one of two out, and do not where one stops between looking and taking the turn.",
  kind: "broken invariant",
  hidden: true,
  wrong: processes(enter),
  corrected: processes(enterPolitely),
};
