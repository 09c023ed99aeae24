/** The smallest answer to what a browser sends: where the parser shows. */
import { timesBetter, type Case } from "../harness/contract.ts";
import { serverCase, serversBut } from "../harness/http/server-case.ts";
import { browser } from "../harness/http/workload.ts";

export const benchCase: Case = serverCase({
  name: "http-browser",
  title: "server: hello, 14 browser headers, 64 connections",
  workload: browser,
  contenders: serversBut(),
  targets: [timesBetter(1.5, "node:http")],
});
