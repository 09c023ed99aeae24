import assert from "node:assert/strict";
import { withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

interface Seat {
  owner: string | null;
}

async function book(seats: readonly Seat[], name: string): Promise<void> {
  const seat = seats.find(({ owner }) => owner === null);
  if (seat === undefined) return;
  await ask(); // the payment
  seat.owner = name;
}

async function reserveAndBook(seats: readonly Seat[], name: string): Promise<void> {
  const seat = seats.find(({ owner }) => owner === null);
  if (seat === undefined) return;
  seat.owner = name;
  await ask();
}

function boxOffice(booking: typeof book): Body {
  return async () => {
    const seats: Seat[] = [{ owner: null }, { owner: null }];
    await withTaskGroup((group) => {
      group.spawn("ann", booking, seats, "ann");
      group.spawn("ben", async () => {
        await ask(4); // for a discount
        await booking(seats, "ben");
      });
    });
    assert.deepEqual(new Set(seats.map(({ owner }) => owner)), new Set(["ann", "ben"]));
  };
}

export const seatSoldTwice: Exhibit = {
  name: "seat sold twice",
  says: "A seat that was free before the payment is taken to be free after it.",
  kind: "error",
  hidden: true,
  wrong: boxOffice(book),
  corrected: boxOffice(reserveAndBook),
};
