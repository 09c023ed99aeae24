/**
 * Node compiles the library anew in every process that loads its source, which takes four times as long as loading it; a run of
 * the tests starts hundreds. They share what is compiled. Each run begins with nothing, so that the folder does not grow.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../.build/compiled");

/** From now on the processes that this one starts share their compiled code. */
export function shareCompiledCode(): void {
  rmSync(folder, { recursive: true, force: true });
  process.env["NODE_COMPILE_CACHE"] = folder;
}
