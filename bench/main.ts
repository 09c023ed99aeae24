/** `npm run bench`: the table "Speed and memory", measured. */
import { runTable } from "./harness/run.ts";

await runTable({
  command: "bench",
  caseNames: [
    "spawn",
    "sleep",
    "map-empty",
    "map-wait",
    "queue",
    "lock-free",
    "lock-contended",
    "time-limit",
    "cancel",
    "heap",
    "million",
    "simulate",
    "map-in-threads-8us",
    "map-in-threads-70us",
    "tcp-echo",
    "lines",
    "idle-connections",
  ],
  rounds: 5,
  suffix: "",
  about: async () => [],
});
