/** A body of 1 KiB in and out, through `JSON.parse` and `JSON.stringify`. */
import { timesBetter, type Case } from "../harness/contract.ts";
import { serverCase, serversBut } from "../harness/http/server-case.ts";
import { post } from "../harness/http/workload.ts";

export const benchCase: Case = serverCase({
  name: "http-post",
  title: "server: POST of 1 KiB JSON in and out, 64 connections",
  workload: post,
  contenders: serversBut("nginx, return"),
  targets: [timesBetter(1.5, "node:http")],
});
