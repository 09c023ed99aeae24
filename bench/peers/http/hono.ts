/** The server on Hono for Node: `node hono.ts`. */
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { answerQuestions, usage } from "../../plain/answering.ts";
import { waitForLeave, work } from "../../plain/http/web.ts";
import { greeting, record, takeEnded, WAIT_MS } from "../../plain/http/work.ts";

const app = new Hono();
app.get("/hello", (context) => context.text(greeting));
app.get("/json", (context) => context.json(record()));
app.get("/timer", async (context) => {
  await sleep(WAIT_MS);
  return context.text(greeting);
});
app.post("/echo", async (context) => context.json((await context.req.json()) as object));
app.get("/work", async (context) => context.text(await work()));
app.get("/slow/:id", async (context) => {
  await waitForLeave(Number(context.req.param("id")), context.req.raw.signal);
  return context.text(greeting);
});
app.get("/ended", (context) => context.json(takeEnded()));

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = 600_000;
  void answerQuestions({ port }, usage);
});
