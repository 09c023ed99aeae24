/** A program of a server and its clients, from its first request until nothing of it is there. */
import assert from "node:assert/strict";
import { sleep, withTaskGroup } from "../../../src/index.ts";
import type { HttpClientOptions, HttpServer, ServeOptions } from "../../../src/http.ts";
import { HostCrashed, type NetworkOptions, type Simulation } from "../../../src/testing.ts";
import { checkOutcomes, customer, shopping, type Customer, type Order } from "./customers.ts";
import { keepGateway } from "./gateway.ts";
import { keepShop, Ledger, watchShop } from "./shop.ts";

export interface Plan {
  /** What each client asks for, by the name of its host. */
  readonly orders: ReadonlyMap<string, readonly Order[]>;
  readonly serve?: ServeOptions;
  readonly client?: HttpClientOptions;
  readonly network?: NetworkOptions;
  /** Whether the clients talk to a gateway, and that to the server. */
  readonly hasGateway?: boolean;
  /** Resolves when the server, and when the clients are to be closed before all is done. */
  readonly serverCloses?: () => Promise<unknown>;
  readonly clientsClose?: () => Promise<unknown>;
  /** How long the server may let requests go on when it is closed. */
  readonly drainMs?: number;
  /** Whether waits may throw, wherever. Default false. */
  readonly mayThrow?: boolean;
  /** Whether nothing strikes, so that handlers end soon after their clients have gone. */
  readonly isCalm: boolean;
}

/** How a program ended. */
export interface Played {
  readonly ledger: Ledger;
  readonly customers: readonly Customer[];
  /** When the server was asked to close before its time. */
  readonly closedAtMs: number;
}

/** By then all programs must have ended: the longest limit that anybody has is 300 s. */
const END_MS = 400_000;
const never = (): Promise<void> => sleep(Infinity);

/** Runs it, and checks what holds of every program. */
export async function play(t: Simulation, plan: Plan): Promise<Played> {
  const ledger = new Ledger();
  ledger.mayThrow = plan.mayThrow ?? false;
  const customers = [...plan.orders.values()].map(customer);
  let closedAtMs = Infinity;
  const leave = async (server: HttpServer): Promise<void> => {
    await (plan.serverCloses ?? never)();
    closedAtMs = t.now();
    await server.close({ drainMs: plan.drainMs ?? 0 });
  };
  if (plan.network !== undefined) t.network(plan.network);
  watchShop(t, ledger);
  await withTaskGroup(async (group) => {
    const shop = group.spawnService("shop", () =>
      keepShop(t.host("shop"), ledger, plan.serve ?? {}, leave),
    );
    const gateway = plan.hasGateway
      ? group.spawnService("gateway", () => keepGateway(t.host("gateway"), ledger))
      : null;
    await sleep(1);
    await withTaskGroup((clients) => {
      for (const [index, name] of [...plan.orders.keys()].entries())
        clients.spawn(name, () => visit(t, name, customers[index]!, plan));
    });
    if (plan.isCalm) {
      // What a reset takes to come at most, and the clean-up of handlers.
      await sleep(25);
      assert.deepEqual(ledger.life.names, [], "handlers have ended when their clients are gone");
    }
    gateway?.cancel("the test is over");
    shop.cancel("the test is over");
  });
  assert.deepEqual(ledger.wrong, []);
  assert.ok(t.now() < END_MS, `it took until ${t.now()}`);
  for (const who of customers) checkOutcomes(ledger, who);
  t.assertNothingAlive();
  return { ledger, customers, closedAtMs };
}

async function visit(t: Simulation, name: string, who: Customer, plan: Plan): Promise<void> {
  const { hasGateway = false, clientsClose } = plan;
  const client = { ...plan.client, ...(hasGateway ? { baseUrl: "http://gateway" } : {}) };
  try {
    await t.host(name).run(() => shopping(t, who, client, clientsClose ?? null));
  } catch (error) {
    if (!(error instanceof HostCrashed)) throw error;
  }
}
