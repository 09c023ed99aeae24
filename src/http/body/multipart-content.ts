/**
 * Bodies behind one another, each under a head of its own, as one body (RFC 2046, 5.1). The pieces of each are taken when its turn comes.
 */
import type { Chunk } from "../../io/adapters/chunks.ts";
import { httpPlatform } from "../platform.ts";
import type { BodyContent } from "./body-content.ts";

/** One of the bodies, and the lines of its head, which were checked. */
export interface MultipartPart {
  readonly head: string;
  readonly body: BodyContent;
}

export class MultipartContent implements BodyContent {
  readonly isRepeatable: boolean;
  readonly #boundary: string;
  readonly #parts: readonly MultipartPart[];

  constructor(boundary: string, parts: readonly MultipartPart[]) {
    this.#boundary = boundary;
    this.#parts = parts;
    this.isRepeatable = parts.every(({ body }) => body.isRepeatable);
  }

  /** Null where the length of one of the bodies is not known. */
  get lengthBytes(): number | null {
    const { utf8Bytes } = httpPlatform();
    let total = this.#end.length;
    for (const { head, body } of this.#parts) {
      const { lengthBytes } = body;
      if (lengthBytes === null) return null;
      total += utf8Bytes(this.#before(head)) + lengthBytes + 2;
    }
    return total;
  }

  get #end(): string {
    return `--${this.#boundary}--\r\n`;
  }

  async prepare(): Promise<void> {
    for (const { body } of this.#parts) await body.prepare?.();
  }

  chunks(): AsyncIterable<Chunk> {
    const sources: Array<string | BodyContent> = [];
    for (const { head, body } of this.#parts) sources.push(this.#before(head), body, "\r\n");
    sources.push(this.#end);
    return { [Symbol.asyncIterator]: () => new JoinedChunks(sources) };
  }

  dispose(): void {
    for (const { body } of this.#parts) body.dispose?.();
  }

  #before(head: string): string {
    return `--${this.#boundary}\r\n${head}\r\n`;
  }
}

/**
 * The chunks of several sources. No generator: its `return` would wait for a step that is under way, and the source in that step would
 * not hear that nobody waits for it any more.
 */
class JoinedChunks implements AsyncIterator<Chunk, undefined> {
  readonly #sources: ReadonlyArray<string | BodyContent>;
  #next = 0;
  #current: AsyncIterator<Chunk> | Iterator<Chunk> | null = null;

  constructor(sources: ReadonlyArray<string | BodyContent>) {
    this.#sources = sources;
  }

  async next(): Promise<IteratorResult<Chunk, undefined>> {
    for (;;) {
      if (this.#current !== null) {
        const step = await this.#current.next();
        if (step.done !== true) return step;
        this.#current = null;
      }
      const source = this.#sources[this.#next++];
      if (source === undefined) return { done: true, value: undefined };
      if (typeof source === "string") return { done: false, value: source };
      const chunks = source.chunks();
      this.#current =
        Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
    }
  }

  async return(): Promise<IteratorResult<Chunk, undefined>> {
    const current = this.#current;
    const rest = this.#sources.slice(this.#next);
    this.#current = null;
    this.#next = this.#sources.length;
    for (const source of rest) if (typeof source !== "string") source.dispose?.();
    await current?.return?.();
    return { done: true, value: undefined };
  }
}
