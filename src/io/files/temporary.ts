/**
 * Files and directories that are gone when they are disposed of.
 *
 * They are made on disk under a name that nobody has, and removed by disposal. A process that is killed leaves them behind, in the
 * platform's temporary directory unless another one was given.
 */
import { abandonably, cleanUp, told } from "./asking.ts";
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import type { File } from "./file.ts";
import { checkPath, type FilePath } from "./path.ts";
import { filePlatform } from "./platform.ts";
import { openTemporary, removeFile } from "./replace.ts";

/** Where something temporary is made. */
export interface TemporaryOptions {
  /** The directory to make it in. Default: the platform's directory for temporary files. */
  readonly directory?: FilePath;
  /** How its name begins. Default `"tsyncio-"`. */
  readonly prefix?: string;
}

/** A directory that is removed with all in it when it is disposed of. */
export class TemporaryDirectory implements AsyncDisposable {
  readonly path: string;
  #removal: Promise<void> | null = null;

  /** @internal */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Removes the directory and all in it. Twice is the same as once; that somebody else has removed it is no error.
   *
   * Cancel safety: it is no cancellation point. In a cancelled scope it waits for at most 5 seconds; the platform goes on.
   * @throws {FileError} when the platform cannot remove it.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#removal ??= cleanUp(() =>
      told(
        "remove",
        this.path,
        abandonably<void>(`remove ${this.path}`, (done) => filePlatform().removeTree(this.path, done)),
      ),
    ));
  }
}

/** An open file that is closed and removed when it is disposed of. */
export class TemporaryFile implements AsyncDisposable {
  readonly path: string;
  /** Open for reading and writing; only the user of this process may read it. */
  readonly file: File;
  #removal: Promise<void> | null = null;

  /** @internal */
  constructor(file: File) {
    this.file = file;
    this.path = file.path;
  }

  /**
   * Closes and removes the file. Twice is the same as once.
   *
   * Cancel safety: it is no cancellation point. In a cancelled scope it waits for at most 5 seconds for each; the platform goes on.
   * @throws {FileError} when the platform cannot remove it.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#removal ??= this.#remove());
  }

  async #remove(): Promise<void> {
    try {
      await this.file.close();
    } finally {
      await removeFile(this.path);
    }
  }
}

/**
 * Makes a directory that lives as long as the block that holds it.
 *
 * Cancel safety: a cancelled call leaves no directory behind.
 * @throws {FileError} when the platform cannot make it.
 * @throws {InvalidArgument} for a prefix that is no part of a name.
 * @example
 * import { readText, temporaryDirectory, writeFile } from "tsyncio/io";
 * await using directory = await temporaryDirectory({ prefix: "report-" });
 * await writeFile(`${directory.path}/draft`, "...");
 * console.log(await readText(`${directory.path}/draft`)); // ...
 */
export function temporaryDirectory(options: TemporaryOptions = {}): Promise<TemporaryDirectory> {
  const { directory, prefix } = checkOptions("temporaryDirectory", options);
  return makeDirectory(filePlatform().join(directory, prefix));
}

async function makeDirectory(prefix: string): Promise<TemporaryDirectory> {
  const making = abandonably<string>(
    `make ${prefix}...`,
    (done) => filePlatform().makeTemporaryDirectory(prefix, done),
    (path) => filePlatform().removeTree(path, () => {}),
  );
  return new TemporaryDirectory(await told("make", `${prefix}...`, making));
}

/**
 * Makes a file that lives as long as the block that holds it, and opens it for reading and writing.
 *
 * Cancel safety: a cancelled call leaves no file behind.
 * @throws {FileError} when the platform cannot make it.
 * @throws {InvalidArgument} for a prefix that is no part of a name.
 * @example
 * import { temporaryFile } from "tsyncio/io";
 * await using scratch = await temporaryFile();
 * await scratch.file.write("a few bytes");
 * console.log(scratch.file.position); // 11
 */
export function temporaryFile(options: TemporaryOptions = {}): Promise<TemporaryFile> {
  const { directory, prefix } = checkOptions("temporaryFile", options);
  return openTemporary(directory, prefix, 0o600).then((file) => new TemporaryFile(file));
}

function checkOptions(
  name: string,
  { directory, prefix = "tsyncio-" }: TemporaryOptions,
): { readonly directory: string; readonly prefix: string } {
  if (typeof prefix !== "string" || /[\0/\\]/.test(prefix)) {
    throw new InvalidArgument(
      `prefix of ${name} is ${show(prefix)}. Give the beginning of a name; its place is given by "directory".`,
    );
  }
  const place =
    directory === undefined
      ? filePlatform().temporaryPath()
      : checkPath(`directory of ${name}`, directory);
  return { directory: place, prefix };
}
