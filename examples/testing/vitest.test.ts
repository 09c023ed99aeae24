// npx vitest run
import { sleep, TimeoutError, withTaskGroup } from "tsyncio";
import { simulate, SimulationFailed, virtual } from "tsyncio/testing";
import { assert, describe, expect, it } from "vitest";
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
  expect(tickets.sold).toHaveLength(1);
}

describe("askPrice", () => {
  it(
    "gives up after three attempts of a second each, with pauses",
    virtual(async (time) => {
      const hangs = () => sleep(60_000).then(() => 30);
      await expect(askPrice(hangs)).rejects.toThrow(TimeoutError);
      expect(time.now()).toBe(1_000 + 100 + 1_000 + 200 + 1_000);
    }),
  );
});

describe("BoxOffice", () => {
  it(
    "sells a seat once, in whatever order its customers go on",
    simulate(() => sellOneSeat("reserve")),
  );

  it(
    "sells a seat once, whoever is cancelled, at whatever step",
    simulate({ faults: { cancel: true } }, () => sellOneSeat("reserve")),
  );

  it("sells a seat twice without its lock, in an order that can be replayed", async () => {
    const careless = simulate(() => sellOneSeat("reserveCarelessly"));
    const failure: unknown = await careless().catch((error: unknown) => error);
    assert(failure instanceof SimulationFailed);
    expect(failure.kind).toBe("error");
    expect(failure.message).toMatch(/FIFO except step \d+: task (bob|carol) before alice/);

    const tape = failure.tape.toString();
    const replay = simulate({ tape }, () => sellOneSeat("reserveCarelessly"));
    await expect(replay()).rejects.toMatchObject({ kind: "error" });
  });
});
