import assert from "node:assert/strict";
import { run } from "./programs.ts";

let checked: Promise<void> | null = null;

/** Fails with the name of the package where Python has no aiohttp. */
export function checkAiohttp(): Promise<void> {
  return (checked ??= check());
}

async function check(): Promise<void> {
  const { code, complaints } = await run("python3", ["-c", "import aiohttp"], { code: null });
  assert.equal(
    code,
    0,
    `Python has no aiohttp. It is in the Debian package python3-aiohttp: .ci/run installs it.\n${complaints}`,
  );
}
