// bun test
import { sleep, TimeoutError, withTaskGroup } from "tsyncio";
import { simulate, SimulationFailed, virtual } from "tsyncio/testing";
import { describe, expect, it } from "bun:test";
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
      // Not expect(...).rejects: Bun's holds the caller up until the promise is settled, and would wait for ever in here.
      const failure: unknown = await askPrice(hangs).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(TimeoutError);
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
    const failure = (await careless().catch((error: unknown) => error)) as SimulationFailed;
    expect(failure).toBeInstanceOf(SimulationFailed);
    expect(failure.kind).toBe("error");
    expect(failure.message).toMatch(/FIFO except step \d+: task (bob|carol) before alice/);

    const tape = failure.tape.toString();
    const replay = simulate({ tape }, () => sellOneSeat("reserveCarelessly"));
    expect(await replay().catch((error: unknown) => error)).toMatchObject({ kind: "error" });
  });
});
