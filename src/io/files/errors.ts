/** What can go wrong with files. */
import { show } from "../../base/check.ts";
import { TsyncioError } from "../../base/tsyncio-error.ts";
import { reasonOf, systemCodeOf } from "../errors.ts";

/** What to do, for the codes that programs meet. */
const advice: Readonly<Record<string, string>> = {
  ENOENT: "Nothing stands there, or a directory on the way is missing: check the path.",
  EACCES: "This process may not: check the permissions of the file and of the directories on the way.",
  EPERM: "This process may not: check its owner and attributes.",
  EEXIST: "Something stands there already: take another name, or open it with another mode.",
  EISDIR: "It is a directory: give the path of a file.",
  ENOTDIR: "A file stands where the path needs a directory.",
  ENOTEMPTY: "The directory is not empty.",
  ENOSPC: "The device is full, or no more watchers may be made: free some, and write again.",
  EDQUOT: "The quota is used up: free some space, and write again.",
  EMFILE: "This process has too many files open: close some, or raise its limit.",
  ENFILE: "The machine has too many files open.",
  EROFS: "The file system is read-only.",
  EBADF: "The file was not opened for this: choose its mode in openFile.",
  ESPIPE: "It has no positions, as a pipe or a terminal has none: read and write without one.",
  EFBIG: "It is larger than the limit: read it in pieces, or raise maxBytes.",
  ELOOP: "Symbolic links lead in a circle.",
};

/** What happened, on which file. */
export interface FileFailure {
  /** What was tried: "open", "read", "rename". */
  readonly operation: string;
  readonly path: string;
  /** How many bytes of a write were taken before it failed. */
  readonly bytesWritten?: number;
}

/** The platform could not do with a file what was asked for. */
export class FileError extends TsyncioError {
  static readonly code = "TSY_FILE";
  /** The platform's code: "ENOENT", "EACCES", "ENOSPC"; null where it gave none. */
  readonly systemCode: string | null;
  readonly path: string;
  /** What was tried: "open", "read", "rename". */
  readonly operation: string;
  /** How many bytes of a write were taken before it failed; 0 for all else. */
  readonly bytesWritten: number;

  constructor({ operation, path, bytesWritten = 0 }: FileFailure, cause: unknown) {
    const systemCode = systemCodeOf(cause);
    const hint = systemCode === null ? undefined : advice[systemCode];
    const taken = bytesWritten > 0 ? ` ${bytesWritten} bytes had been written.` : "";
    super(
      FileError.code,
      `cannot ${operation} ${show(path)}: ${reasonOf(cause)}.${taken}${hint === undefined ? "" : ` ${hint}`}`,
      { cause },
    );
    this.systemCode = systemCode;
    this.path = path;
    this.operation = operation;
    this.bytesWritten = bytesWritten;
  }
}

/** An error as the platform makes them, for what we find out ourselves. */
export function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A line is longer than the limit. The lines before it were delivered. */
export class LineTooLong extends TsyncioError {
  static readonly code = "TSY_LINE_TOO_LONG";
  /** What was read: a path, or "standard input". */
  readonly path: string;
  /** The line's number; the first is 1. */
  readonly line: number;
  /** Where the line begins: how many bytes come before it. */
  readonly offsetBytes: number;
  readonly limitBytes: number;

  constructor(path: string, line: number, offsetBytes: number, limitBytes: number) {
    super(
      LineTooLong.code,
      `line ${line} of ${show(path)}, which begins at byte ${offsetBytes}, is longer than ${limitBytes} bytes. ` +
        `Raise maxBytes, or read the file by chunks if it is not made of lines.`,
    );
    this.path = path;
    this.line = line;
    this.offsetBytes = offsetBytes;
    this.limitBytes = limitBytes;
  }
}
