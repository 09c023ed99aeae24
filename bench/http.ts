/** `npm run bench:http`: the table "Speed" of HTTP, measured. Needs Linux: what a process used is read from /proc. */
import { aboutPrograms } from "./harness/http/programs.ts";
import { runTable } from "./harness/run.ts";

await runTable({
  command: "bench:http",
  caseNames: [
    "http-hello",
    "http-browser",
    "http-json",
    "http-timer",
    "http-post",
    "http-idle",
    "http-client-gets",
    "http-client-stream",
    "http-disconnect",
    "http-overload",
  ],
  rounds: 3,
  suffix: "-http",
  about: aboutPrograms,
});
