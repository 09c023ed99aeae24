// An Express app as it is, with tsyncio in one of its handlers: no run(), nothing else changes.
import { createServer } from "node:http";
import express, { type NextFunction, type Request, type Response } from "express";
import { all, Event, sleep, TimeoutError, withTimeout } from "tsyncio";
import { close, listen } from "./support/small-site.ts";
import { ClientLeft, whileConnected } from "./support/while-connected.ts";

let queriesRunning = 0;
const clientLeft = new Event();

async function query(name: string, ms: number): Promise<string> {
  queriesRunning++;
  try {
    await sleep(ms);
    return name;
  } finally {
    queriesRunning--;
  }
}

const app = express();

app.get("/report/:ms", async (request, response) => {
  const ms = Number(request.params.ms);
  const parts = await whileConnected(response, () =>
    withTimeout(100, () => all([() => query("orders", 5), () => query("stock", ms)])),
  );
  response.json(parts);
});

app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
  if (error instanceof ClientLeft) {
    console.log(`${error.message}, ${queriesRunning} queries running`);
    clientLeft.set();
  } else if (error instanceof TimeoutError) response.status(504).send("too slow");
  else next(error);
});

// From here on it plays its own client.
const server = createServer(app);
const origin = await listen(server);
const quick = await fetch(`${origin}/report/10`);
console.log(quick.status, await quick.text());
const slow = await fetch(`${origin}/report/60000`);
console.log(slow.status, await slow.text(), `- ${queriesRunning} queries running`);
await fetch(`${origin}/report/60000`, { signal: AbortSignal.timeout(20) }).catch(() =>
  console.log("client leaves"),
);
await clientLeft.wait();
await close(server);
