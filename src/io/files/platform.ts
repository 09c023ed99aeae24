/**
 * What files ask of the platform: one call for each thing that a platform does in one step, and nothing that waits, retries or checks.
 * Order, cancellation and errors are above it. `host/` implements it; a test may put another in its place.
 *
 * Calls return at once; `done` is called once, later, with the platform's error or null, and the value. An implementation may throw
 * instead of calling `done`. Nothing can be called off: who does not want a result any more still gets it, and must clean up.
 */
export type Done<T> = (error: unknown, value: T) => void;

/** What stands at a path. `"other"`: a pipe, a terminal, a device, a socket. */
export type FileKind = "file" | "directory" | "link" | "other";

/** What the platform knows about a file. Times are milliseconds since 1970. */
export interface FileInfo {
  readonly kind: FileKind;
  readonly sizeBytes: number;
  /** The permission bits: 0o644 for example. */
  readonly permissions: number;
  readonly modifiedMs: number;
}

/** A name in a directory. */
export interface ListedName {
  readonly name: string;
  readonly kind: FileKind;
}

/** Where a watcher delivers, in the root context. */
export interface WatchListener {
  /** Something happened to `path`, seen from the watched directory; "" for the watched path itself, null where it is not known. */
  changed(path: string | null, wasRenamed: boolean): void;
  failed(error: unknown): void;
}

/** Where the standard input delivers, in the root context. `bytes` are the listener's. */
export interface InputListener {
  arrived(bytes: Uint8Array): void;
  ended(): void;
  failed(error: unknown): void;
}

/** The standard input. It delivers nothing before the first `resume`, and at most what is on its way after a `pause`. */
export interface StandardInput {
  /** `keepsAlive`: whether the process must not end meanwhile. */
  resume(keepsAlive: boolean): void;
  /** Also lets the process end. */
  pause(): void;
}

export interface FilePlatform {
  open(path: string, flags: string, permissions: number, done: Done<number>): void;
  close(descriptor: number, done: Done<void>): void;
  /** Reads at `position`, or where the descriptor stands. The value is the number of bytes; 0 at the end. */
  read(descriptor: number, buffer: Uint8Array, position: number | null, done: Done<number>): void;
  write(descriptor: number, bytes: Uint8Array, position: number | null, done: Done<number>): void;
  describe(descriptor: number, done: Done<FileInfo>): void;
  describePath(path: string, followLink: boolean, done: Done<FileInfo>): void;
  truncate(descriptor: number, sizeBytes: number, done: Done<void>): void;
  sync(descriptor: number, done: Done<void>): void;
  setPermissions(descriptor: number, permissions: number, done: Done<void>): void;
  /** Makes a rename in the directory survive a crash, where the platform can. */
  syncDirectory(path: string, done: Done<void>): void;
  rename(from: string, to: string, done: Done<void>): void;
  remove(path: string, done: Done<void>): void;
  /** Removes a directory and all in it. No error where it is gone already. */
  removeTree(path: string, done: Done<void>): void;
  makeTemporaryDirectory(prefix: string, done: Done<string>): void;
  resolve(path: string, done: Done<string>): void;
  list(path: string, done: Done<ListedName[]>): void;
  /** Begins at once. Returns what ends it. */
  watch(path: string, recursive: boolean, listener: WatchListener): () => void;
  standardInput(listener: InputListener): StandardInput;
  /** Where temporary files belong. */
  temporaryPath(): string;
  join(directory: string, name: string): string;
  directoryOf(path: string): string;
  nameOf(path: string): string;
  /** @throws for a URL that is no `file:` URL. */
  pathOf(url: URL): string;
}

let installed: FilePlatform | null = null;

/** Says which platform's files there are. Called by the entry. */
export function installFilePlatform(platform: FilePlatform): void {
  installed = platform;
}

/** The platform beneath. */
export function filePlatform(): FilePlatform {
  if (installed === null)
    throw new TypeError(`no platform is installed: import "tsyncio/io", not a file inside it`);
  return installed;
}
