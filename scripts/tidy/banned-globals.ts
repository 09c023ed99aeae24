/** Nondeterminism is injected: what a clock, a timer, chance or the platform gives comes from the host. */
import { roomOf } from "./floors.ts";
import type { ParsedFile } from "./parsed.ts";

const banned = new Set(
  (
    "Date performance setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask " +
    "process crypto fetch WebSocket XMLHttpRequest EventSource Worker BroadcastChannel navigator Bun Deno require"
  ).split(" "),
);
const bannedMembers = new Set([
  "Math.random",
  "Atomics.wait",
  "Atomics.waitAsync",
  "AbortSignal.timeout",
]);
const allowedRooms = new Set(["host", "testing", "cli"]);

export function checkGlobals(files: readonly ParsedFile[]): string[] {
  return files
    .filter(({ path }) => !allowedRooms.has(roomOf(path) ?? ""))
    .flatMap(({ path, globals }) =>
      globals
        .filter(({ name, member }) => banned.has(name) || bannedMembers.has(`${name}.${member}`))
        .map(({ name, member, line }) => {
          const used = member === null ? name : `${name}.${member}`;
          return `${path}:${line}: uses ${used}; only src/host and src/testing may (ask currentRuntime() or the host)`;
        }),
    );
}
