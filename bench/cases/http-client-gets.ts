/** The CPU time that a client takes for a small GET on a kept connection: 20,000 of them by 64 loops. */
import { timesBetter, type Case } from "../harness/contract.ts";
import { clientLaps, clients, type Visit } from "../harness/http/client-case.ts";
import { cpuNs } from "../harness/http/proc.ts";

const REQUESTS = 20_000;
const CONCURRENCY = 64;

const visit: Visit = async ({ pid, talk }, port) => {
  const before = cpuNs(pid);
  await talk?.ask({ port, requests: REQUESTS, concurrency: CONCURRENCY });
  return { cpu: (cpuNs(pid) - before) / REQUESTS };
};

export const benchCase: Case = {
  name: "http-client-gets",
  title: "client: 20,000 GETs of 13 bytes, 64 at a time",
  count: REQUESTS,
  figures: ["cpu"],
  reference: "undici.request",
  checksum: (count) => count,
  warmUps: 2,
  repeats: 3,
  contenders: clients,
  laps: (names, repeats) => clientLaps(names, benchCase.warmUps, repeats, visit),
  targets: [
    timesBetter(2.2, "undici.request"),
    timesBetter(6, "global fetch"),
    timesBetter(7, "aiohttp, uvloop"),
    timesBetter(1, "Bun fetch", "tsyncio on Bun"),
  ],
};
