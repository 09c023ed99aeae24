import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { abandonably, told } from "./asking.ts";
import { File } from "./file.ts";
import { checkPath, checkPermissions, type FilePath } from "./path.ts";
import { filePlatform, type Done, type FileInfo } from "./platform.ts";

/**
 * What a file is opened for.
 *
 * - `"read"`: it must exist.
 * - `"write"`: it is made where it does not exist, and emptied where it does. Not for reading.
 * - `"append"`: it is made where it does not exist; every write goes to its end, also when other processes append. Not for reading.
 * - `"update"`: reading and writing; it must exist.
 * - `"create"`: reading and writing; it must not exist.
 */
export type FileMode = "read" | "write" | "append" | "update" | "create";

const flagsOf: Readonly<Record<FileMode, string>> = {
  read: "r",
  write: "w",
  append: "a",
  update: "r+",
  create: "wx+",
};

/** How a file is opened. */
export interface OpenOptions extends PermissionsOption {
  /** Default `"read"`. */
  readonly mode?: FileMode;
}

export interface PermissionsOption {
  /** The permission bits of a file that is made, less the process's umask. Default 0o666. */
  readonly permissions?: number;
}

/**
 * Opens a file.
 *
 * Cancel safety: a cancelled call leaves nothing open; what the platform opens after that is closed. It may have made or emptied the
 * file. Opening a named pipe waits for the
 * other end, and can be cancelled; but a thread of the platform waits on until the other end comes.
 * @throws {FileError} when the platform cannot open it: `systemCode` is `"ENOENT"`, `"EACCES"`, `"EEXIST"`, `"EMFILE"` ...
 * @throws {InvalidArgument} for what is no path, and an unknown mode.
 * @example
 * import { openFile, temporaryDirectory } from "tsyncio/io";
 * await using directory = await temporaryDirectory();
 * await using log = await openFile(`${directory.path}/log`, { mode: "append" });
 * await log.write("started\n");
 * console.log((await log.info()).sizeBytes); // 8
 */
export function openFile(path: FilePath, options: OpenOptions = {}): Promise<File> {
  const { mode = "read", permissions = 0o666 } = options;
  if (!Object.hasOwn(flagsOf, mode)) {
    const known = Object.keys(flagsOf).join(", ");
    throw new InvalidArgument(`mode of openFile is ${show(mode)}. Give one of ${known}.`);
  }
  const bits = checkPermissions("permissions of openFile", permissions);
  return openChecked(checkPath("path of openFile", path), mode, bits);
}

/** `undo` is called when the file was opened, was not to be handed out any more, and has been closed again. */
export async function openChecked(
  path: string,
  mode: FileMode,
  permissions: number,
  undo: () => void = () => {},
): Promise<File> {
  const giveUp = (descriptor: number): void => filePlatform().close(descriptor, undo);
  const opening = abandonably<Found>(
    `open ${path}`,
    (done) =>
      filePlatform().open(path, flagsOf[mode], permissions, (error, descriptor) => {
        if (error !== null && error !== undefined) done(error, undefined as never);
        else describe(descriptor, giveUp, done);
      }),
    ({ descriptor }) => giveUp(descriptor),
  );
  const { descriptor, info } = await told("open", path, opening);
  return new File({ path, descriptor, kind: info.kind, appends: mode === "append" });
}

interface Found {
  readonly descriptor: number;
  readonly info: FileInfo;
}

/** The second half of an opening: a descriptor that cannot be described is given up. */
function describe(descriptor: number, giveUp: (descriptor: number) => void, done: Done<Found>): void {
  filePlatform().describe(descriptor, (error, info) => {
    if (error !== null && error !== undefined) giveUp(descriptor);
    done(error, { descriptor, info });
  });
}
