/**
 * Files of the platform, over `node:fs`, which Node, Bun and Deno share.
 *
 * Functions are taken from the module when they are called, not when this file is loaded: in a simulation others stand in their place.
 */
import fs from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Done, FileInfo, FileKind, FilePlatform, ListedName } from "../../io/files/platform.ts";
import { openStandardInput } from "./standard-input.ts";
import { watchFiles } from "./watch-files.ts";

/** What `fs.Stats` and `fs.Dirent` have in common. */
interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** For a function that has no value. */
function ended(done: Done<void>): (error: unknown) => void {
  return (error) => done(error, undefined);
}

function kindOf(entry: Kinds): FileKind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "other";
}

function described(done: Done<FileInfo>): (error: NodeJS.ErrnoException | null, stats: fs.Stats) => void {
  return (error, stats) => done(error, error === null ? infoOf(stats) : (undefined as never));
}

function infoOf(stats: fs.Stats): FileInfo {
  return {
    kind: kindOf(stats),
    sizeBytes: stats.size,
    permissions: stats.mode & 0o7777,
    modifiedMs: stats.mtimeMs,
  };
}

/** Windows neither opens directories nor needs to: it has written the rename when it returns. */
const cannotSyncDirectories = new Set(["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP"]);

function syncDirectory(path: string, done: Done<void>): void {
  const finish = (error: NodeJS.ErrnoException | null): void => {
    const isFault = error !== null && !cannotSyncDirectories.has(error.code ?? "");
    done(isFault ? error : null, undefined);
  };
  fs.open(path, "r", (error, descriptor) => {
    if (error !== null) return finish(error);
    fs.fsync(descriptor, (failure) => fs.close(descriptor, () => finish(failure)));
  });
}

export const nodeFiles: FilePlatform = {
  open: (path, flags, permissions, done) => fs.open(path, flags, permissions, done),
  close: (descriptor, done) => fs.close(descriptor, ended(done)),
  read: (descriptor, buffer, position, done) =>
    fs.read(descriptor, buffer, 0, buffer.length, position, (error, length) => done(error, length)),
  write: (descriptor, bytes, position, done) =>
    fs.write(descriptor, bytes, 0, bytes.length, position, (error, length) => done(error, length)),
  describe: (descriptor, done) => fs.fstat(descriptor, described(done)),
  describePath: (path, followLink, done) =>
    followLink ? fs.stat(path, described(done)) : fs.lstat(path, described(done)),
  truncate: (descriptor, sizeBytes, done) => fs.ftruncate(descriptor, sizeBytes, ended(done)),
  sync: (descriptor, done) => fs.fsync(descriptor, ended(done)),
  setPermissions: (descriptor, permissions, done) => fs.fchmod(descriptor, permissions, ended(done)),
  syncDirectory,
  rename: (from, to, done) => fs.rename(from, to, ended(done)),
  remove: (path, done) => fs.unlink(path, ended(done)),
  removeTree: (path, done) => fs.rm(path, { recursive: true, force: true, maxRetries: 2 }, ended(done)),
  makeTemporaryDirectory: (prefix, done) => fs.mkdtemp(prefix, done),
  resolve: (path, done) => fs.realpath(path, done),
  list: (path, done) =>
    fs.readdir(path, { withFileTypes: true }, (error, entries) =>
      done(error, error === null ? entries.map(listed) : (undefined as never)),
    ),
  watch: watchFiles,
  standardInput: openStandardInput,
  temporaryPath: tmpdir,
  join,
  directoryOf: dirname,
  nameOf: (path) => basename(path),
  pathOf: (url) => fileURLToPath(url),
};

function listed(entry: fs.Dirent): ListedName {
  return { name: entry.name, kind: kindOf(entry) };
}
