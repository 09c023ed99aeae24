import { sleep } from "../../src/index.ts";

/** Throws `error` after `ms` milliseconds. */
export async function crash(ms: number, error: unknown): Promise<never> {
  await sleep(ms);
  throw error;
}

/** Waits for long, and throws `error` in its clean-up. */
export async function crashInCleanUp(error: unknown): Promise<void> {
  try {
    await sleep(1_000);
  } finally {
    // oxlint-disable-next-line no-unsafe-finally -- an error in a clean-up is what the tests are about
    throw error;
  }
}
