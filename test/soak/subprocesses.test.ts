/**
 * The torture of subprocesses, apart from `npm test`: a thousand short children, some of them unruly, at most 32 at once, each cancelled
 * at a random moment or not at all. Afterwards no process, no zombie and no descriptor may be left. Environment:
 * TSYNCIO_TORTURE_SEED, to draw other moments.
 */
import { existsSync } from "node:fs";
import process from "node:process";
import { it } from "node:test";
import { torture } from "../io/process/torture.ts";

const seed = Number(process.env["TSYNCIO_TORTURE_SEED"] ?? 1);

it(
  "a thousand children with random cancellation leave no process, no zombie and no descriptor",
  { skip: !existsSync("/proc/self/stat") },
  () => torture({ children: 1_000, atOnce: 32, seed }),
);
