// A Fastify app as it is, with tsyncio in one of its handlers: no run(), nothing else changes.
import fastify from "fastify";
import { all, Event, sleep, TimeoutError, withTimeout } from "tsyncio";
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

const app = fastify();

app.get<{ Params: { ms: number } }>("/report/:ms", (request, reply) => {
  const ms = Number(request.params.ms);
  return whileConnected(reply.raw, () =>
    withTimeout(100, () => all([() => query("orders", 5), () => query("stock", ms)])),
  );
});

app.setErrorHandler((error, _request, reply) => {
  if (error instanceof ClientLeft) {
    console.log(`${error.message}, ${queriesRunning} queries running`);
    clientLeft.set();
    return reply.hijack();
  }
  if (error instanceof TimeoutError) return reply.status(504).send("too slow");
  throw error;
});

// From here on it plays its own client.
const origin = await app.listen({ host: "127.0.0.1", port: 0 });
const quick = await fetch(`${origin}/report/10`);
console.log(quick.status, await quick.text());
const slow = await fetch(`${origin}/report/60000`);
console.log(slow.status, await slow.text(), `- ${queriesRunning} queries running`);
await fetch(`${origin}/report/60000`, { signal: AbortSignal.timeout(20) }).catch(() =>
  console.log("client leaves"),
);
await clientLeft.wait();
await app.close();
