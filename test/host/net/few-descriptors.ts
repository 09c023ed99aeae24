/**
 * A program for a process that may have few descriptors: it accepts connections that it makes itself until there are none left, and
 * shows that it accepts again once some are free.
 */
import process from "node:process";
import {
  connectSettings,
  ended,
  endpointOf,
  listenSettings,
  loopback,
  network,
  started,
  type End,
} from "./delivery.ts";

const accepted: End[] = [];
const problems: unknown[] = [];
const arrivals: Array<() => void> = [];
const nextArrival = (): Promise<void> => new Promise((resolve) => arrivals.push(resolve));

async function main(): Promise<void> {
  const listener = await ended(
    network.listen(loopback, listenSettings, {
      connected: (transport) => {
        accepted.push(started(transport));
        for (const arrival of arrivals.splice(0)) arrival();
      },
      failed: (error) => problems.push(error),
      lost: (error) => {
        throw error;
      },
    }),
  );
  const clients: End[] = [];
  const open = async (): Promise<End> =>
    started(await ended(network.connect(endpointOf(listener), connectSettings)));
  let refusal: unknown = null;
  while (refusal === null && clients.length < 1_000) {
    try {
      clients.push(await open());
    } catch (error) {
      refusal = error;
    }
  }
  // The accepting side came to its end as well: connections that it could not take are reset, or wait in the kernel.
  for (const { transport, heard } of clients.splice(0)) {
    transport.destroy(false);
    await heard.heard("closed");
  }
  for (const { transport, heard } of accepted.splice(0)) {
    transport.destroy(false);
    await heard.heard("closed");
  }
  const arrival = nextArrival();
  const last = await open();
  await arrival;
  last.transport.destroy(false);
  const code = (refusal as { code?: string } | null)?.code ?? "none";
  process.stdout.write(`refused with ${code}, and accepted again\n`, () => process.exit(0));
}

await main();
