/**
 * Changes below a path, as they come.
 *
 * The platform calls whenever it likes, so changes are kept until the loop takes them: at most `capacity`. Beyond that they are dropped,
 * and one change of kind `"overflow"` says so, in their place. What stands last in the buffer is not put there twice.
 *
 * A task owns the watcher, as a service of the scope in which the loop begins; it closes it when the loop, or that scope, is left.
 */
import { checkCount } from "../../base/check.ts";
import { TsyncioError } from "../../base/tsyncio-error.ts";
import { RingBuffer } from "../../base/ring-buffer.ts";
import { produce } from "../../flow/produce.ts";
import { currentScope } from "../../kernel/current.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import { enter, firmly } from "./asking.ts";
import { FileError } from "./errors.ts";
import { checkPath, type FilePath } from "./path.ts";
import { filePlatform, type FileInfo, type WatchListener } from "./platform.ts";

/** Changes that wait for the loop. */
const CAPACITY = 1_024;

/**
 * What happened.
 *
 * - `"ready"`: the first one. From here on nothing is missed: read now what is there.
 * - `"modified"`: content or attributes of what stands at the path.
 * - `"created"`: something stands there now that did not before, or that was put in the place of something else.
 * - `"deleted"`: nothing stands there now. Of something that came and went this may be all there is.
 * - `"overflow"`: changes were dropped, since the loop did not take them. Read again what is there.
 */
export type FileChangeKind = "ready" | "modified" | "created" | "deleted" | "overflow";

/** One change. `path` is that of what changed; of what is watched, where the platform does not say, and for `"ready"` and `"overflow"`. */
export interface FileChange {
  readonly kind: FileChangeKind;
  readonly path: string;
}

/** How to watch. */
export interface WatchOptions {
  /** Whether to watch the directories below as well. Default false. */
  readonly recursive?: boolean;
  /** How many changes may wait for the loop. Default 1,024. */
  readonly capacity?: number;
}

/**
 * The changes of a file, or of what is in a directory. Each loop watches anew, from its first `next()` on, and watches no more when the
 * loop or the scope around it is left.
 *
 * What the platform tells differs: one write may be two changes, and a change of attributes may be none. `"created"` and `"deleted"` are
 * told apart by looking when the change is taken. A network file system tells only what this machine does.
 *
 * Cancel safety: a cancelled `next()` takes no change.
 * @throws {FileError} in the loop: the path does not exist, or the platform's watchers are used up.
 * @throws {InvalidArgument} for what is no path, and a bad capacity.
 * @example
 * import { temporaryDirectory, watch, writeFile } from "tsyncio/io";
 * await using directory = await temporaryDirectory();
 * for await (const { kind, path } of watch(directory.path)) {
 *   if (kind === "ready") await writeFile(`${directory.path}/news`, "!");
 *   else if (path.endsWith("news")) break;
 * }
 */
export function watch(path: FilePath, options: WatchOptions = {}): AsyncIterable<FileChange> {
  const watched = checkPath("path of watch", path);
  const capacity = checkCount("capacity of watch", options.capacity ?? CAPACITY);
  const recursive = options.recursive === true;
  return produce<FileChange>(
    async function watcher(emit) {
      const changes = new Changes(watched, capacity);
      const scope = currentScope();
      let stop = (): void => {};
      try {
        stop = enter(scope, () => filePlatform().watch(watched, recursive, changes));
        await emit({ kind: "ready", path: watched });
        for (;;) await emit(await changes.take());
      } catch (error) {
        throw error instanceof TsyncioError
          ? error
          : new FileError({ operation: "watch", path: watched }, error);
      } finally {
        enter(scope, stop);
      }
    },
    { capacity: 0 },
  );
}

/** A change as it came. Of a rename it is not known yet which kind it is. */
interface Seen {
  readonly kind: "modified" | "renamed" | "overflow";
  readonly path: string;
}

/** The changes that nobody has taken. */
class Changes implements WatchListener {
  readonly #watched: string;
  readonly #capacity: number;
  readonly #seen: RingBuffer<Seen> = new RingBuffer();
  readonly #taker: WaitQueue;
  #last: Seen | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(watched: string, capacity: number) {
    this.#watched = watched;
    this.#capacity = capacity;
    this.#taker = new WaitQueue(`watch ${watched}`);
  }

  changed(path: string | null, wasRenamed: boolean): void {
    const place = path === null || path === "" ? this.#watched : filePlatform().join(this.#watched, path);
    this.#keep({ kind: wasRenamed && path !== null ? "renamed" : "modified", path: place });
  }

  failed(error: unknown): void {
    this.#failure ??= { error };
    this.#taker.wakeAll(undefined);
  }

  /** Waits for the next change. */
  async take(): Promise<FileChange> {
    while (this.#seen.size === 0) {
      if (this.#failure !== null) throw this.#failure.error;
      await this.#taker.park(undefined);
    }
    const seen = this.#seen.shift();
    if (this.#seen.size === 0) this.#last = null;
    if (seen.kind !== "renamed") return { kind: seen.kind, path: seen.path };
    return { kind: (await exists(seen.path)) ? "created" : "deleted", path: seen.path };
  }

  #keep(seen: Seen): void {
    const last = this.#last;
    if (last !== null && last.kind === seen.kind && last.path === seen.path) return;
    if (this.#seen.size < this.#capacity) this.#push(seen);
    else if (last?.kind !== "overflow") this.#push({ kind: "overflow", path: this.#watched });
  }

  #push(seen: Seen): void {
    this.#last = seen;
    this.#seen.push(seen);
    this.#taker.wakeAll(undefined);
  }
}

/** Firm: the change has been taken. */
async function exists(path: string): Promise<boolean> {
  try {
    await firmly<FileInfo>(`look at ${path}`, (done) => filePlatform().describePath(path, false, done));
    return true;
  } catch {
    return false;
  }
}
