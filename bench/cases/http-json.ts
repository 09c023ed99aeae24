/** A small object, written as JSON for each request; nginx has it as a text. */
import { timesBetter, type Case } from "../harness/contract.ts";
import { serverCase, serversBut } from "../harness/http/server-case.ts";
import { json } from "../harness/http/workload.ts";

export const benchCase: Case = serverCase({
  name: "http-json",
  title: "server: JSON out, 64 connections",
  workload: json,
  contenders: serversBut(),
  targets: [timesBetter(1.15, "node:http")],
});
