/** A handler that is called without any server: a whole request in, a whole reply out. For tests. */
import { ConnectionReset } from "../../../io/errors.ts";
import type { NamedEnd } from "../../../io/net/address.ts";
import { passed } from "../../../kernel/park.ts";
import { Future } from "../../../sync/future.ts";
import { httpPlatform } from "../../platform.ts";
import type { HttpHeaders } from "../../wire/fields.ts";
import type { ServerCore } from "../core.ts";
import { headOf } from "./adapter-core.ts";
import type { ReplyHead, ReplyOutput } from "./reply-output.ts";
import { Visit, type BodyInput } from "./visit.ts";

export interface WholeRequest {
  readonly method: string;
  readonly url: URL;
  readonly fields: Iterable<readonly [string, string]>;
  readonly bytes: Uint8Array;
}

export interface WholeReply extends ReplyHead {
  readonly bytes: Uint8Array;
  readonly trailers: HttpHeaders | null;
}

const end: NamedEnd = { name: "a test" };

/**
 * Cancel safety: a cancelled call has cancelled the handler.
 * @throws {ConnectionReset} when the reply breaks off.
 */
export async function callDirectly(core: ServerCore, request: WholeRequest): Promise<WholeReply> {
  const { method, url, fields, bytes } = request;
  const head = headOf({
    method,
    target: url.pathname + url.search,
    version: 11,
    fields,
    host: url.host,
    hasBody: bytes.length > 0,
  });
  const output = new CollectedReply();
  const visit = new Visit(
    core,
    head,
    { local: end, remote: end, tls: null },
    { input: new WholeInput(bytes), output },
  );
  visit.start();
  try {
    return await output.reply.wait();
  } catch (error) {
    visit.left();
    throw error;
  }
}

class WholeInput implements BodyInput {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  start({ body }: Visit): void {
    body.arrived(this.#bytes);
    body.ended();
  }

  pause(): void {}
  resume(): void {}
  stop(): void {}
}

class CollectedReply implements ReplyOutput {
  readonly reply: Future<WholeReply> = new Future({ name: "the reply" });
  #head: ReplyHead | null = null;
  #chunks: Uint8Array[] = [];

  whole(head: ReplyHead, body: string | Uint8Array): void {
    this.#head = head;
    if (typeof body === "string") this.writeText(body);
    else this.write(body);
    this.end(null);
  }

  begin(head: ReplyHead): void {
    this.#head = head;
  }

  flushHead(): void {}

  write(bytes: Uint8Array): boolean {
    this.#chunks.push(bytes.slice());
    return true;
  }

  writeText(text: string): boolean {
    this.#chunks.push(httpPlatform().utf8(text));
    return true;
  }

  waitDrained(): Promise<void> {
    return passed();
  }

  end(trailers: HttpHeaders | null): void {
    const bytes = new Uint8Array(this.#chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    if (this.#head !== null) this.reply.resolve({ ...this.#head, bytes, trailers });
  }

  cut(error: unknown): void {
    if (this.reply.state === "pending") this.reply.reject(new ConnectionReset("the handler", error));
  }
}
