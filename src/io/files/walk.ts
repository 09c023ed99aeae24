/**
 * All that stands below a directory.
 *
 * Depth first, a directory before what is in it, names in the order of their code units: the same tree gives the same walk. It holds the
 * names of the directories between the root and where it is, and nothing that is open: it can be left at any point.
 *
 * What changes meanwhile may be seen or not; what has vanished before it was reached is passed over in silence.
 */
import { checkCount, checkFunction, show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { delivered, refusal } from "../../kernel/park.ts";
import { Lock } from "../../sync/lock.ts";
import { abandonably, told } from "./asking.ts";
import { FileError } from "./errors.ts";
import { checkPath, type FilePath } from "./path.ts";
import { filePlatform, type FileInfo, type FileKind, type ListedName } from "./platform.ts";

/** Something that a walk came upon. */
export interface WalkEntry {
  /** From the root that was given: `"src/io/files"` for a walk over `"src"`. */
  readonly path: string;
  readonly name: string;
  /** For a link that is followed, what it leads to. */
  readonly kind: FileKind;
  /** 1 for what stands in the root itself. */
  readonly depth: number;
}

/** How to walk. */
export interface WalkOptions {
  /** How deep to go. Default `Infinity`; 1 for the root's own entries only. */
  readonly maxDepth?: number;
  /**
   * Whether to go on through symbolic links. Default false: a link is an entry of kind `"link"`. With true it is an entry of the kind of
   * what it leads to, a link that leads nowhere stays a link, and a directory that stands above itself is not entered again.
   */
  readonly followLinks?: boolean;
  /** Says of a directory whether to enter it. Default: every one. */
  readonly enter?: (entry: WalkEntry) => boolean;
  /** Gets the error of what cannot be read, and the walk goes on. Without it, and for the root, the error is thrown. */
  readonly onError?: (error: FileError) => void;
}

/**
 * Walks over all that stands below `directory`, which itself is no entry.
 *
 * Cancel safety: a cancelled `next()` takes no entry, and the walk can go on. Nothing is open between two entries.
 * @throws {FileError} in the loop, when a directory cannot be read and there is no `onError`.
 * @throws {InvalidArgument} for what is no path, and a bad option.
 * @example
 * import { temporaryDirectory, walk, writeFile } from "tsyncio/io";
 * await using directory = await temporaryDirectory();
 * await writeFile(`${directory.path}/b`, "");
 * await writeFile(`${directory.path}/a`, "");
 * for await (const { name, kind } of walk(directory.path)) console.log(name, kind); // a file, b file
 */
export function walk(directory: FilePath, options: WalkOptions = {}): AsyncIterable<WalkEntry> {
  const root = checkPath("directory of walk", directory);
  const { maxDepth = Infinity, followLinks = false, enter, onError } = options;
  checkCount("maxDepth of walk", maxDepth);
  if (typeof followLinks !== "boolean")
    throw new InvalidArgument(`followLinks of walk is ${show(followLinks)}. Give true or false.`);
  if (enter !== undefined) checkFunction("enter of walk", enter);
  if (onError !== undefined) checkFunction("onError of walk", onError);
  const plan: Plan = {
    root,
    maxDepth,
    followLinks,
    enter: enter ?? (() => true),
    onError: onError ?? null,
  };
  return { [Symbol.asyncIterator]: () => new Walk(plan) };
}

interface Plan extends Required<Pick<WalkOptions, "maxDepth" | "followLinks" | "enter">> {
  readonly root: string;
  readonly onError: ((error: FileError) => void) | null;
}

/** A directory that is being walked over. */
interface Level {
  readonly path: string;
  readonly names: readonly ListedName[];
  next: number;
  /** Its own path and those of the directories around it, without links; null where links are not followed. */
  readonly chain: readonly string[] | null;
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

class Walk implements AsyncIterator<WalkEntry, undefined> {
  readonly #plan: Plan;
  readonly #turn: Lock;
  readonly #levels: Level[] = [];
  /** A directory that was delivered and is to be entered next; null at first for the root. */
  #pending: WalkEntry | "root" | null = "root";

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#turn = new Lock({ name: `walk ${plan.root}` });
  }

  async next(): Promise<IteratorResult<WalkEntry, undefined>> {
    const hold = this.#turn.tryAcquire() ?? (await this.#turn.acquire());
    try {
      const refused = refusal();
      if (refused !== null) return await refused;
      return await this.#advance();
    } finally {
      hold.release();
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#pending = null;
    this.#levels.length = 0;
    return DONE;
  }

  async #advance(): Promise<IteratorResult<WalkEntry, undefined>> {
    for (;;) {
      if (this.#pending !== null) await this.#enter(this.#pending);
      const level = this.#levels.at(-1);
      if (level === undefined) return delivered(DONE);
      const listed = level.names[level.next];
      if (listed === undefined) {
        this.#levels.pop();
        continue;
      }
      const entry = await this.#entryOf(level, listed);
      if (entry === null) continue;
      level.next++;
      const isEntered = entry.kind === "directory" && entry.depth < this.#plan.maxDepth;
      if (isEntered && this.#plan.enter(entry)) this.#pending = entry;
      return delivered({ done: false, value: entry });
    }
  }

  async #enter(what: WalkEntry | "root"): Promise<void> {
    const path = what === "root" ? this.#plan.root : what.path;
    try {
      const chain = this.#plan.followLinks ? await this.#chainTo(path) : null;
      const names = chain !== null && isCycle(chain) ? [] : await list(path);
      this.#levels.push({ path, names, next: 0, chain });
    } catch (error) {
      this.#passOver(error, what === "root");
    }
    this.#pending = null;
  }

  async #chainTo(path: string): Promise<readonly string[]> {
    const resolving = abandonably<string>(`resolve ${path}`, (done) =>
      filePlatform().resolve(path, done),
    );
    return [...(this.#levels.at(-1)?.chain ?? []), await told("resolve", path, resolving)];
  }

  /** Null for one that was passed over. */
  async #entryOf(level: Level, { name, kind }: ListedName): Promise<WalkEntry | null> {
    const path = filePlatform().join(level.path, name);
    const entry = { path, name, kind, depth: this.#levels.length };
    if (kind !== "link" || !this.#plan.followLinks) return entry;
    const describing = abandonably<FileInfo>(`describe ${path}`, (done) =>
      filePlatform().describePath(path, true, done),
    );
    try {
      return { ...entry, kind: (await told("describe", path, describing)).kind };
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (error.systemCode === "ENOENT" || error.systemCode === "ELOOP") return entry;
      level.next++;
      this.#passOver(error, false);
      return null;
    }
  }

  /** What cannot be read: forgotten where it has vanished, told where somebody listens, else thrown. */
  #passOver(error: unknown, isRoot: boolean): void {
    if (!(error instanceof FileError)) throw error;
    if (!isRoot && error.systemCode === "ENOENT") return;
    if (isRoot || this.#plan.onError === null) {
      this.#pending = null;
      throw error;
    }
    this.#plan.onError(error);
  }
}

/** Whether the last of the directories stands among those before. */
function isCycle(chain: readonly string[]): boolean {
  return chain.indexOf(chain.at(-1) ?? "") < chain.length - 1;
}

async function list(path: string): Promise<ListedName[]> {
  const listing = abandonably<ListedName[]>(`list ${path}`, (done) => filePlatform().list(path, done));
  const names = await told("list", path, listing);
  return names.sort((one, other) => (one.name < other.name ? -1 : 1));
}
