/** A handler that waits: what is kept for a request that is under way, and what its wake-up costs. */
import { timesBetter, type Case } from "../harness/contract.ts";
import { serverCase, serversBut } from "../harness/http/server-case.ts";
import { timer } from "../harness/http/workload.ts";

export const benchCase: Case = serverCase({
  name: "http-timer",
  title: "server: a handler that waits 5 ms, 256 connections",
  workload: timer,
  contenders: serversBut("nginx, return"),
  targets: [timesBetter(1.35, "node:http")],
});
