/** One body of 1 GB, read as it comes: how fast, with how much CPU time per 64 KiB, and how much more memory it takes at its peak. */
import type { Case } from "../harness/contract.ts";
import { clientLaps, clients, type Visit } from "../harness/http/client-case.ts";
import { cpuNs, forgetPeak, peakBytes, rssBytes } from "../harness/http/proc.ts";

const BYTES = 1e9;
const MB = 1e6;

const visit: Visit = async ({ pid, talk }, port) => {
  forgetPeak(pid);
  const rss = rssBytes(pid);
  const before = cpuNs(pid);
  const answer = await talk?.ask({ port, bytes: BYTES });
  return {
    throughput: BYTES / MB / ((answer?.["ms"] ?? Number.NaN) / 1_000),
    cpu: (cpuNs(pid) - before) / (BYTES / 65_536),
    growth: (peakBytes(pid) - rss) / MB,
  };
};

export const benchCase: Case = {
  name: "http-client-stream",
  title: "client: a body of 1 GB, streamed (an op is 64 KiB)",
  count: 1,
  figures: ["throughput", "growth", "cpu"],
  reference: "undici.request",
  checksum: (count) => count,
  warmUps: 1,
  repeats: 2,
  contenders: clients,
  laps: (names, repeats) => clientLaps(names, benchCase.warmUps, repeats, visit),
  targets: [
    {
      contender: "tsyncio",
      figure: "throughput",
      against: "undici.request",
      bound: "at least",
      limit: 1,
    },
    { contender: "tsyncio", figure: "growth", against: null, bound: "at most", limit: 32 },
  ],
};
