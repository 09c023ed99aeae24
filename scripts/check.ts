/**
 * `npm run check`: everything that a commit must pass, in about two minutes. The first part runs two at a time, for two cores;
 * the tests run after it, alone, because they use every core themselves.
 */
import { reportStep, runStep, runSteps, toolPath } from "./steps.ts";
import type { Step } from "./steps.ts";

const tsc = toolPath("typescript", "tsc");

const checks: Step[] = [
  { name: "types", command: ["node", tsc, "-p", "tsconfig.json"] },
  { name: "types of dist", command: ["node", tsc, "-p", "tsconfig.build.json", "--noEmit"] },
  { name: "lint", command: ["node", toolPath("oxlint"), "--type-aware", "--deny-warnings"] },
  { name: "format", command: ["node", toolPath("oxfmt"), "--check"] },
  { name: "unused code", command: ["node", toolPath("knip"), "--no-config-hints"] },
];

const results = await runSteps(checks, 2);
const tests = await runStep({ name: "tests", command: ["npm", "test"] });
reportStep(tests);
console.log(tests.output.split("\n").slice(-9).join("\n"));
if ([...results, tests].some((result) => result.code !== 0)) process.exitCode = 1;
