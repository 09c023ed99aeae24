/** The server on Express: `node express.ts`. */
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import express from "express";
import { answerQuestions, usage } from "../../plain/answering.ts";
import { work } from "../../plain/http/web.ts";
import { greeting, record, WAIT_MS } from "../../plain/http/work.ts";

const app = express();
app.get("/hello", (_, response) => {
  response.type("text/plain").send(greeting);
});
app.get("/json", (_, response) => {
  response.json(record());
});
app.get("/timer", async (_, response) => {
  await sleep(WAIT_MS);
  response.type("text/plain").send(greeting);
});
app.post("/echo", express.json(), (request, response) => {
  response.json(request.body);
});
app.get("/work", async (_, response) => {
  response.type("text/plain").send(await work());
});

const server = app.listen(0, "127.0.0.1", () => {
  server.keepAliveTimeout = 600_000;
  void answerQuestions({ port: (server.address() as AddressInfo).port }, usage);
});
