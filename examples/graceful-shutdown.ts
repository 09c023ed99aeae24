// A server that ends on SIGTERM or Ctrl-C: it accepts no more requests, answers those it has, and goes.
import { createServer, type ServerResponse } from "node:http";
import { run, sleep, until, withShield } from "tsyncio";
import { close, listen } from "./support/small-site.ts";

const DRAIN_MS = 5_000;
let isLeaving = false;

async function answer(response: ServerResponse): Promise<void> {
  console.log("working on a request");
  await sleep(200);
  if (isLeaving) response.setHeader("connection", "close");
  response.end("done\n");
}

await run(async () => {
  const server = createServer((_request, response) => void answer(response));
  console.log(`listening on ${await listen(server)}`);
  try {
    await sleep(Infinity); // until a signal cancels main
  } finally {
    isLeaving = true;
    const drained = new Promise<void>((resolve) => server.close(() => resolve()));
    await withShield(DRAIN_MS, () => until(drained)).finally(() => close(server));
    console.log("every request has been answered");
  }
});
