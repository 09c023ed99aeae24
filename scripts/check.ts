/**
 * `npm run check:static`: what a commit must pass besides the tests, two at a time, for two cores. `npm run check` runs the tests
 * after it, alone, because they use every core themselves.
 */
import { endStepsWithUs, runSteps, toolPath } from "./steps.ts";
import type { Step } from "./steps.ts";

const tsc = toolPath("typescript", "tsc");

const checks: Step[] = [
  { name: "types", command: ["node", tsc, "-p", "tsconfig.json"] },
  { name: "types of dist", command: ["node", tsc, "-p", "tsconfig.build.json", "--noEmit"] },
  { name: "lint", command: ["node", toolPath("oxlint"), "--type-aware", "--deny-warnings"] },
  { name: "format", command: ["node", toolPath("oxfmt"), "--check"] },
  { name: "unused code", command: ["node", toolPath("knip"), "--no-config-hints"] },
];

endStepsWithUs();
const results = await runSteps(checks, 2);
if (results.some((result) => result.code !== 0)) process.exitCode = 1;
