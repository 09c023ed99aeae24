/** Files as a whole: what opens, works and closes in one call. */
import { checkCount } from "../../base/check.ts";
import { FileError, systemError } from "./errors.ts";
import type { File } from "./file.ts";
import { openFile, type FileMode, type PermissionsOption } from "./open.ts";
import { checkData, checkPath, checkPermissions, type FileData, type FilePath } from "./path.ts";

/** How many bytes are read or written between two looks at whether the scope is cancelled. */
const PIECE_BYTES = 1_048_576;
const MOST_BYTES = 2 ** 30;
/** What is read at first where the size is not known, as of a pipe or below /proc. */
const FIRST_BYTES = 16_384;

const decoder = new TextDecoder();

/** How much of a file is read. */
export interface ReadFileOptions {
  /** The largest file that is accepted, in bytes. Default 2^30, which is 1 GiB. */
  readonly maxBytes?: number;
}

/**
 * The bytes of a file.
 *
 * Cancel safety: a cancelled call has done nothing, and leaves nothing open.
 * @throws {FileError} when the platform fails; with `systemCode` `"EFBIG"` for a file of more than `maxBytes`.
 * @throws {InvalidArgument} for what is no path.
 * @example
 * import { readFile, temporaryDirectory, writeFile } from "tsyncio/io";
 * await using directory = await temporaryDirectory();
 * await writeFile(`${directory.path}/magic`, new Uint8Array([0x89, 0x50]));
 * console.log((await readFile(`${directory.path}/magic`)).length); // 2
 */
export function readFile(path: FilePath, options: ReadFileOptions = {}): Promise<Uint8Array> {
  return readChecked(
    checkPath("path of readFile", path),
    checkCount("maxBytes of readFile", options.maxBytes ?? MOST_BYTES, 0),
  );
}

/**
 * The text of a file, decoded as UTF-8: what is no UTF-8 becomes U+FFFD, and a byte order mark at the beginning is dropped.
 *
 * Cancel safety: a cancelled call has done nothing, and leaves nothing open.
 * @throws {FileError} when the platform fails; with `systemCode` `"EFBIG"` for a file of more than `maxBytes`.
 * @throws {InvalidArgument} for what is no path.
 * @example
 * import { readText, temporaryDirectory, writeFile } from "tsyncio/io";
 * await using directory = await temporaryDirectory();
 * await writeFile(`${directory.path}/greeting`, "Grüße");
 * console.log(await readText(`${directory.path}/greeting`)); // Grüße
 */
export function readText(path: FilePath, options: ReadFileOptions = {}): Promise<string> {
  const file = checkPath("path of readText", path);
  const most = checkCount("maxBytes of readText", options.maxBytes ?? MOST_BYTES, 0);
  return readChecked(file, most).then((bytes) => decoder.decode(bytes));
}

async function readChecked(path: string, maxBytes: number): Promise<Uint8Array> {
  await using file = await openFile(path);
  const { sizeBytes } = await file.info();
  if (sizeBytes > maxBytes) throw tooLarge(path, maxBytes);
  let bytes = new Uint8Array(sizeBytes === 0 ? FIRST_BYTES : sizeBytes);
  let length = await fillUp(file, bytes);
  // Full: it has grown, or has no size that could be asked for; or the end is just here.
  while (length === bytes.length) {
    const more = await file.read(Math.max(FIRST_BYTES, Math.min(length, PIECE_BYTES)));
    if (more === null) break;
    if (length + more.length > maxBytes) throw tooLarge(path, maxBytes);
    bytes = grown(bytes, more);
    length += more.length;
    length += await fillUp(file, bytes.subarray(length));
  }
  return bytes.subarray(0, length);
}

function grown(bytes: Uint8Array, more: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(bytes.length * 2, bytes.length + more.length));
  larger.set(bytes);
  larger.set(more, bytes.length);
  return larger;
}

/** Reads until `bytes` is full or the file ends. */
async function fillUp(file: File, bytes: Uint8Array): Promise<number> {
  let length = 0;
  while (length < bytes.length) {
    const taken = await file.readInto(bytes.subarray(length, length + PIECE_BYTES));
    if (taken === 0) break;
    length += taken;
  }
  return length;
}

function tooLarge(path: string, maxBytes: number): FileError {
  const cause = systemError("EFBIG", `it has more than ${maxBytes} bytes`);
  return new FileError({ operation: "read", path }, cause);
}

/**
 * Writes a file: makes it where it does not exist, and replaces what is in it where it does. Others may see it half written, and a crash
 * may leave it so: see `replaceFile`.
 *
 * Cancel safety: a cancelled call may have emptied the file and written the beginning of `data`. It leaves nothing open.
 * @throws {FileError} when the platform fails; `bytesWritten` says how many bytes of the last piece (1 MiB) it had taken.
 * @throws {InvalidArgument} for what is no path, and no data.
 * @example
 * import { readText, temporaryDirectory, writeFile } from "tsyncio/io";
 * await using directory = await temporaryDirectory();
 * await writeFile(new URL(`file://${directory.path}/a`), "hello");
 * console.log(await readText(`${directory.path}/a`)); // hello
 */
export function writeFile(
  path: FilePath,
  data: FileData,
  options: PermissionsOption = {},
): Promise<void> {
  return putChecked(
    "write",
    [checkPath("path of writeFile", path), checkData("data of writeFile", data)],
    options,
  );
}

/**
 * Writes at the end of a file, in one piece; makes the file where it does not exist.
 *
 * Cancel safety: a cancelled call has written nothing; it may have made the file.
 * @throws {FileError} when the platform fails; `bytesWritten` says how many bytes it had taken.
 * @throws {InvalidArgument} for what is no path, and no data.
 * @example
 * import { appendFile, readText, temporaryDirectory } from "tsyncio/io";
 * await using directory = await temporaryDirectory();
 * await appendFile(`${directory.path}/log`, "one\n");
 * await appendFile(`${directory.path}/log`, "two\n");
 * console.log((await readText(`${directory.path}/log`)).length); // 8
 */
export function appendFile(
  path: FilePath,
  data: FileData,
  options: PermissionsOption = {},
): Promise<void> {
  return putChecked(
    "append",
    [checkPath("path of appendFile", path), checkData("data of appendFile", data)],
    options,
  );
}

function putChecked(
  mode: FileMode,
  [path, bytes]: readonly [string, Uint8Array],
  { permissions = 0o666 }: PermissionsOption,
): Promise<void> {
  const bits = checkPermissions("permissions", permissions);
  return putAll(path, bytes, { mode, permissions: bits });
}

async function putAll(
  path: string,
  bytes: Uint8Array,
  options: { readonly mode: FileMode; readonly permissions: number },
): Promise<void> {
  await using file = await openFile(path, options);
  await writePieces(file, bytes, options.mode === "append" ? Infinity : PIECE_BYTES);
}

/** Writes `bytes` in pieces, between which it can be cancelled. */
export async function writePieces(
  file: File,
  bytes: Uint8Array,
  pieceBytes: number = PIECE_BYTES,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes)
    await file.write(bytes.subarray(at, at + pieceBytes));
}
