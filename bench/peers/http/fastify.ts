/** The server on Fastify: `node fastify.ts`. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import { answerQuestions, usage } from "../../plain/answering.ts";
import { waitForLeave, work } from "../../plain/http/web.ts";
import { greeting, record, takeEnded, WAIT_MS } from "../../plain/http/work.ts";

const app = fastify({ keepAliveTimeout: 600_000 });
app.get("/hello", (_, reply) => reply.type("text/plain").send(greeting));
app.get("/json", async () => record());
app.get("/timer", async (_, reply) => {
  await sleep(WAIT_MS);
  reply.type("text/plain");
  return greeting;
});
app.post("/echo", async (request) => request.body);
app.get("/work", async (_, reply) => {
  reply.type("text/plain");
  return work();
});
app.get<{ Params: { id: string } }>("/slow/:id", async (request) => {
  await waitForLeave(Number(request.params.id), request.signal);
  return greeting;
});
app.get("/ended", async () => takeEnded());

await app.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 });
await answerQuestions({ port: (app.server.address() as AddressInfo).port }, usage);
