// deno test
import assert from "node:assert/strict";
import { sleep, TimeoutError, withTaskGroup } from "tsyncio";
import { simulate, SimulationFailed, virtual } from "tsyncio/testing";
import { askPrice, BoxOffice, TicketTable } from "./seats.ts";

/** Alice wants a seat, and so do two who sign in first. A fourth comes when they have gone. */
async function sellOneSeat(method: "reserve" | "reserveCarelessly"): Promise<void> {
  const tickets = new TicketTable();
  const office = new BoxOffice(tickets);
  await withTaskGroup((group) => {
    group.spawn("alice", () => office[method]("12A", "alice"));
    for (const customer of ["bob", "carol"]) {
      group.spawn(customer, async () => {
        await sleep(6);
        await office[method]("12A", customer);
      });
    }
  });
  await office[method]("12A", "dave");
  assert.equal(tickets.sold.length, 1, "tickets sold for seat 12A");
}

Deno.test(
  "askPrice gives up after three attempts of a second each, with pauses",
  virtual(async (time) => {
    const hangs = () => sleep(60_000).then(() => 30);
    await assert.rejects(askPrice(hangs), TimeoutError);
    assert.equal(time.now(), 1_000 + 100 + 1_000 + 200 + 1_000);
  }),
);

Deno.test(
  "BoxOffice sells a seat once, in whatever order its customers go on",
  simulate(() => sellOneSeat("reserve")),
);

Deno.test(
  "BoxOffice sells a seat once, whoever is cancelled, at whatever step",
  simulate({ faults: { cancel: true } }, () => sellOneSeat("reserve")),
);

Deno.test("BoxOffice sells a seat twice without its lock, in an order that can be replayed", async () => {
  const careless = simulate(() => sellOneSeat("reserveCarelessly"));
  const failure: unknown = await careless().catch((error: unknown) => error);
  assert.ok(failure instanceof SimulationFailed);
  assert.equal(failure.kind, "error");
  assert.match(failure.message, /FIFO except step \d+: task (bob|carol) before alice/);

  const tape = failure.tape.toString();
  const replay = simulate({ tape }, () => sellOneSeat("reserveCarelessly"));
  await assert.rejects(replay, { kind: "error" });
});
