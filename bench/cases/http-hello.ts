/** The smallest answer to the smallest request. */
import { timesBetter, type Case } from "../harness/contract.ts";
import { serverCase, serversBut } from "../harness/http/server-case.ts";
import { hello } from "../harness/http/workload.ts";

export const benchCase: Case = serverCase({
  name: "http-hello",
  title: "server: hello, few headers, 64 connections",
  workload: hello,
  contenders: serversBut(),
  targets: [
    timesBetter(1.15, "node:http"),
    timesBetter(1.35, "fastify"),
    timesBetter(1.4, "hono"),
    timesBetter(2.5, "aiohttp, uvloop"),
  ],
});
