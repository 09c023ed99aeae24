/**
 * What the platform opened, and the calls it works on.
 *
 * States:  open -> closing (calls that have begun go on) -> closed.
 * Invariants
 * - `#inFlight` counts the calls that the platform has not answered, also those that nobody waits for. The descriptor is closed when
 *   there are none, so that the platform never works on a number that has become another file's.
 * - Waits are firm: a disk answers, and what was abandoned would still write, or fill the caller's buffer.
 */
import { show } from "../../base/check.ts";
import { TsyncioError } from "../../base/tsyncio-error.ts";
import { currentScope } from "../../kernel/current.ts";
import { passed } from "../../kernel/park.ts";
import { WaitQueue } from "../../kernel/wait-queue.ts";
import { Disposed } from "../../sync/errors.ts";
import { cleanUp, enter, firmly, told, type Start } from "./asking.ts";
import { FileError, systemError } from "./errors.ts";
import { filePlatform, type Done, type FilePlatform } from "./platform.ts";

export class Descriptor {
  readonly path: string;
  readonly #number: number;
  readonly #closers: WaitQueue;
  #state: "open" | "closing" | "closed" = "open";
  #inFlight = 0;
  #closeError: FileError | null = null;

  constructor(path: string, number: number) {
    this.path = path;
    this.#number = number;
    this.#closers = new WaitQueue(`close ${path}`);
  }

  get state(): "open" | "closing" | "closed" {
    return this.#state;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** @throws {Disposed} when it has been closed. */
  checkOpen(operation: string): void {
    if (this.#state !== "open")
      throw new Disposed(`cannot ${operation} ${show(this.path)}: the file has been closed.`);
  }

  /** Calls the platform and waits. */
  ask<T>(
    operation: string,
    call: (platform: FilePlatform, number: number, done: Done<T>) => void,
  ): Promise<T> {
    const start = this.#counted<T>((done) => call(filePlatform(), this.#number, done));
    return told(operation, this.path, firmly(`${operation} ${this.path}`, start));
  }

  /** Begins to read; for who waits in a way of its own. */
  reading(buffer: Uint8Array, at: number | null): Start<number> {
    return this.#counted((done) => filePlatform().read(this.#number, buffer, at, done));
  }

  /** Reads at a place. Resolves to the number of bytes. */
  async fill(buffer: Uint8Array, at: number): Promise<number> {
    if (buffer.length === 0) await passed();
    else
      return this.ask<number>("read", (platform, number, done) =>
        platform.read(number, buffer, at, done),
      );
    return 0;
  }

  /** Writes all of `bytes`, and tells `taken` of each part: half a write is worse than a late one, so nothing comes between the parts. */
  async put(bytes: Uint8Array, at: number | null, taken: (length: number) => void): Promise<void> {
    let done = 0;
    if (bytes.length === 0) await passed();
    while (done < bytes.length) {
      const rest = done === 0 ? bytes : bytes.subarray(done);
      const place = at === null ? null : at + done;
      const length = await this.#putPart(rest, place, done);
      done += length;
      taken(length);
    }
  }

  async #putPart(bytes: Uint8Array, at: number | null, bytesWritten: number): Promise<number> {
    const start = this.#counted<number>((ended) => filePlatform().write(this.#number, bytes, at, ended));
    try {
      const length = await firmly(`write ${this.path}`, start);
      if (length === 0) throw systemError("EIO", "EIO: the platform took nothing");
      return length;
    } catch (error) {
      if (error instanceof TsyncioError) throw error;
      throw new FileError({ operation: "write", path: this.path, bytesWritten }, error);
    }
  }

  /** Closes it, once all calls have been answered. `mayWait` says whether it makes sense to wait for them. */
  async close(mayWait: () => boolean): Promise<void> {
    if (this.#state === "open") {
      this.#state = "closing";
      this.#closeWhenIdle();
    }
    await cleanUp(async () => {
      if (this.#state !== "closed" && mayWait()) await this.#closers.park(undefined);
    });
    if (this.#closeError !== null) throw this.#closeError;
  }

  /** `start`, counted as in flight until the platform has answered. */
  #counted<T>(start: Start<T>): Start<T> {
    return (done) => {
      this.#inFlight++;
      const ended: Done<T> = (error, value) => {
        this.#inFlight--;
        done(error, value);
        this.#closeWhenIdle();
      };
      try {
        start(ended);
      } catch (error) {
        this.#inFlight--;
        throw error;
      }
    };
  }

  #closeWhenIdle(): void {
    if (this.#state !== "closing" || this.#inFlight > 0) return;
    this.#inFlight++;
    enter(currentScope(), () => filePlatform().close(this.#number, (error) => this.#closed(error)));
  }

  #closed(error: unknown): void {
    this.#inFlight--;
    this.#state = "closed";
    if (error !== null && error !== undefined)
      this.#closeError = new FileError({ operation: "close", path: this.path }, error);
    this.#closers.wakeAll(undefined);
  }
}
