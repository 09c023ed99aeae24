/**
 * Replacing a file so that nobody ever sees half of it.
 *
 * Steps: find the file (through links) and its permissions; make a temporary file beside it; write; sync it; close it; rename it over the
 * old one; sync the directory. A failure or cancellation before the rename removes the temporary file, and the old one is as it was.
 * From the rename on nothing can be cancelled: who is told of a cancellation may rely on the old file.
 */
import { checkFunction, show } from "../../base/check.ts";
import { InvalidArgument, TsyncioError } from "../../base/tsyncio-error.ts";
import { currentScope } from "../../kernel/current.ts";
import { refusal } from "../../kernel/park.ts";
import { abandonably, cleanUp, firmly, told } from "./asking.ts";
import { FileError, systemError } from "./errors.ts";
import type { File } from "./file.ts";
import { openChecked } from "./open.ts";
import { checkData, checkPath, type FileData, type FilePath } from "./path.ts";
import { filePlatform, type FileInfo, type FileKind } from "./platform.ts";
import { writePieces } from "./whole.ts";

/** Names that are tried for a temporary file. Two that collide are chance, many are a fault. */
const MOST_NAMES = 10;

/** Writes what a file is to hold. The file is closed by the one who calls. */
export type FileWriter = (file: File) => unknown;

/**
 * Replaces a file at once: others see all of the old content or all of the new, and so does a machine after a crash. Makes the file where
 * it does not exist. Given a function, what that writes is the new content; if it throws, nothing was replaced.
 *
 * The permissions of the old file are kept; owner, attributes and hard links are not. Where the path is a symbolic link, the file it
 * leads to is replaced. The new content needs space beside the old one, in the same directory.
 *
 * Cancel safety: a cancelled call has changed nothing, and has left nothing behind. Once the new file is being put in place it goes
 * through.
 * @throws {FileError} when the platform fails. The old file is as it was, unless `operation` is `"sync the directory of"`: then the new
 * one is in place, and may not survive a crash.
 * @throws {InvalidArgument} for what is no path, and no data.
 * @example
 * import { readText, replaceFile, temporaryDirectory } from "tsyncio/io";
 * await using directory = await temporaryDirectory();
 * const path = `${directory.path}/settings.json`;
 * await replaceFile(path, JSON.stringify({ size: 1 }));
 * await replaceFile(path, async (file) => {
 *   await file.write("{");
 *   await file.write('"size":2}');
 * });
 * console.log(await readText(path)); // {"size":2}
 */
export function replaceFile(path: FilePath, content: FileData | FileWriter): Promise<void> {
  const target = checkPath("path of replaceFile", path);
  return replaceBy(target, writerOf(content));
}

function writerOf(content: FileData | FileWriter): FileWriter {
  if (typeof content === "function") {
    checkFunction("content of replaceFile", content);
    return content;
  }
  if (content instanceof Promise)
    throw new InvalidArgument(
      `content of replaceFile is ${show(content)}. Give data, or a function that writes it.`,
    );
  const bytes = checkData("content of replaceFile", content);
  return (file) => writePieces(file, bytes);
}

async function replaceBy(path: string, write: FileWriter): Promise<void> {
  const old = await findOld(path);
  const target = old?.path ?? path;
  const temporary = await writeBeside(target, old?.info.permissions ?? null, write);
  try {
    const refused = refusal();
    if (refused !== null) await refused;
    const moved = firmly<void>(`replace ${target}`, (done) =>
      filePlatform().rename(temporary, target, done),
    );
    await told("replace", target, moved);
  } catch (error) {
    await discard(temporary);
    throw error;
  }
  const directory = filePlatform().directoryOf(target);
  const synced = firmly<void>(`sync ${directory}`, (done) =>
    filePlatform().syncDirectory(directory, done),
  );
  await told("sync the directory of", target, synced);
}

interface OldFile {
  readonly path: string;
  readonly info: FileInfo;
}

/** The file that is to be replaced, where there is one. */
async function findOld(path: string): Promise<OldFile | null> {
  try {
    const resolving = abandonably<string>(`resolve ${path}`, (done) =>
      filePlatform().resolve(path, done),
    );
    const target = await told("resolve", path, resolving);
    const describing = abandonably<FileInfo>(`describe ${target}`, (done) =>
      filePlatform().describePath(target, true, done),
    );
    const info = await told("describe", target, describing);
    if (info.kind !== "file") throw notRegular(target, info.kind);
    return { path: target, info };
  } catch (error) {
    if (error instanceof FileError && error.systemCode === "ENOENT") return null;
    throw error;
  }
}

/** A rename would put a file in the place of a device. */
function notRegular(path: string, kind: FileKind): FileError {
  const cause =
    kind === "directory"
      ? systemError("EISDIR", "EISDIR: it is a directory")
      : systemError("EINVAL", "EINVAL: it is no regular file; write to it with openFile or writeFile");
  return new FileError({ operation: "replace", path }, cause);
}

/** Makes the new file. Removes it if anything goes wrong. */
async function writeBeside(
  target: string,
  permissions: number | null,
  write: FileWriter,
): Promise<string> {
  const file = await openTemporary(
    filePlatform().directoryOf(target),
    `.${filePlatform().nameOf(target)}.`,
    permissions === null ? 0o666 : 0o600,
  );
  try {
    await using _ = file;
    await write(file);
    if (permissions !== null) await file.setPermissions(permissions);
    await file.sync();
  } catch (error) {
    await discard(file.path);
    throw error;
  }
  return file.path;
}

/** Opens a new file with a name that nobody has. */
export async function openTemporary(
  directory: string,
  prefix: string,
  permissions: number,
): Promise<File> {
  for (let left = MOST_NAMES; ; left--) {
    const { host } = currentScope().engine;
    const name = `${prefix}${Math.floor(host.random() * 2 ** 48).toString(36)}.tmp`;
    const path = filePlatform().join(directory, name);
    const undo = (): void => filePlatform().remove(path, () => {});
    try {
      return await openChecked(path, "create", permissions, undo);
    } catch (error) {
      const isTaken = error instanceof FileError && error.systemCode === "EEXIST";
      if (!isTaken || left <= 1) throw error;
    }
  }
}

/** Removes a file of ours, on the way out. What is wrong is told by the error that led here. */
export async function discard(path: string): Promise<void> {
  try {
    await removeFile(path);
  } catch (error) {
    if (!(error instanceof TsyncioError)) throw error;
  }
}

/** Removes a file, in a cancelled scope too. */
export function removeFile(path: string): Promise<void> {
  return cleanUp(() => {
    const removing = abandonably<void>(`remove ${path}`, (done) => filePlatform().remove(path, done));
    return told("remove", path, removing);
  });
}
