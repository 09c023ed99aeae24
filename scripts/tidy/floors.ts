/**
 * The house: which room stands on which floor, and which imports that allows.
 *
 * Imports only go down. Rooms on one floor do not import each other. A cross-room import names the file. Only entry files,
 * which are the files directly in src/, re-export, and they do nothing else.
 */
import type { ImportEdge, ParsedFile } from "./parsed.ts";

/** Floors from the ground up. Entry files live on the top floor, beside `cli`. */
export const floors: readonly (readonly string[])[] = [
  ["base"],
  ["kernel"],
  ["sync", "flow"],
  ["io", "threads"],
  ["http", "jobs"],
  ["pipeline"],
  ["testing", "inspect"],
  ["host"],
  ["cli"],
];

const entryFloor = floors.length - 1;

/** The kernel file that owns the AsyncLocalStorage may import this one module of the platform. */
const kernelPlatformModule = "node:async_hooks";

/** What is wrong, one line each, beginning with `path:line`. */
export function checkFloors(files: readonly ParsedFile[]): string[] {
  const known = new Set(files.map(({ path }) => path));
  const surface = lowlevelSurface(files);
  return [
    ...files.flatMap((file) => [
      ...checkPlace(file),
      ...checkReexports(file),
      ...file.imports.flatMap((edge) =>
        checkImport(file, edge, known, surface).map((problem) => `${file.path}:${edge.line}: ${problem}`),
      ),
    ]),
    ...checkKernelPlatform(files),
  ];
}

/** The room of a path below src/, or `null` for an entry file. */
export function roomOf(path: string): string | null {
  const [, room, rest] = path.split("/");
  return rest === undefined ? null : (room ?? null);
}

/** The path that a relative import leads to, or `null` for a package. */
export function resolveImport(from: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function floorOf(room: string | null): number {
  return room === null ? entryFloor : floors.findIndex((rooms) => rooms.includes(room));
}

function checkPlace({ path }: ParsedFile): string[] {
  const room = roomOf(path);
  if (floorOf(room) === -1)
    return [`${path}:1: room "${room}" stands on no floor; add it to scripts/tidy/floors.ts`];
  if (room !== null && path.endsWith("/index.ts"))
    return [`${path}:1: a room has no index; name the file for what it holds`];
  return [];
}

function checkReexports(file: ParsedFile): string[] {
  if (roomOf(file.path) === null) {
    return file.ownStatements.map((line) => `${file.path}:${line}: an entry file only re-exports`);
  }
  const lines = file.imports.filter(({ kind }) => kind === "re-export").map(({ line }) => line);
  return [...lines, ...file.indirectReexports].map(
    (line) => `${file.path}:${line}: only entry files (src/*.ts) re-export`,
  );
}

function checkImport(
  { path }: ParsedFile,
  { specifier }: ImportEdge,
  known: ReadonlySet<string>,
  surface: ReadonlySet<string>,
): string[] {
  const room = roomOf(path);
  if (specifier.startsWith("node:")) return checkPlatform(room, specifier);
  const target = resolveImport(path, specifier);
  if (target === null) return [];
  if (!known.has(target))
    return [`import "${specifier}" names no file of src/; an import names the file, with .ts`];
  const targetRoom = roomOf(target);
  if (targetRoom === room) return [];
  if (targetRoom === null) return [`imports the entry file ${target}; nothing imports an entry`];
  return [...checkDirection(room, targetRoom), ...checkDoor(path, target, surface)];
}

function checkDirection(room: string | null, targetRoom: string): string[] {
  const from = floorOf(room);
  const to = floorOf(targetRoom);
  if (to < from || (room === null && to === from)) return [];
  const why = to === from ? "stands on the same floor" : "stands above";
  return [
    `${room ?? "entry"} (floor ${from}) imports ${targetRoom} (floor ${to}), which ${why}; imports only go down`,
  ];
}

/** Rooms whose view of another room is narrower than their floors say. */
function checkDoor(path: string, target: string, surface: ReadonlySet<string>): string[] {
  const room = roomOf(path);
  if (room === "sync" && roomOf(target) === "kernel" && !surface.has(target)) {
    return [
      `sync/ may use only what tsyncio/lowlevel exports, and src/lowlevel.ts re-exports nothing of ${target}`,
    ];
  }
  if (path.startsWith("src/http/wire/") && !target.startsWith("src/base/")) {
    return [`http/wire/ does no I/O: it may import only itself and base/, not ${target}`];
  }
  return [];
}

function lowlevelSurface(files: readonly ParsedFile[]): ReadonlySet<string> {
  const entry = files.find(({ path }) => path === "src/lowlevel.ts");
  const targets = entry?.imports.filter(({ kind }) => kind === "re-export") ?? [];
  return new Set(targets.map(({ specifier }) => resolveImport("src/lowlevel.ts", specifier) ?? ""));
}

function checkPlatform(room: string | null, specifier: string): string[] {
  if (room === "host" || room === "cli") return [];
  if (room === "kernel" && specifier === kernelPlatformModule) return [];
  return [`imports "${specifier}"; only src/host and src/cli know the platform`];
}

function checkKernelPlatform(files: readonly ParsedFile[]): string[] {
  const importers = files
    .filter(
      ({ path, imports }) =>
        roomOf(path) === "kernel" && imports.some((edge) => edge.specifier === kernelPlatformModule),
    )
    .map(({ path }) => path);
  return importers.length <= 1
    ? []
    : [`${importers.join(", ")}: only one kernel file may import ${kernelPlatformModule}`];
}
