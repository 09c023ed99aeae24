/** The end of a connection that a body is written to. */
import {
  BodyWriter,
  sendBody,
  type BodyFraming,
  type BodySink,
} from "../../../src/http/body/body-writer.ts";
import type { OutgoingBody } from "../../../src/http/body/outgoing-body.ts";
import { Event } from "../../../src/index.ts";
import { decode } from "./feeding.ts";

/** Keeps what is written. With `room` it takes so many writes, and then none before `drain`. */
export class Wire implements BodySink {
  readonly writes: Uint8Array[] = [];
  #room: number;
  #isBackedUp = false;
  readonly #drained = new Event();

  constructor(room: number = Infinity) {
    this.#room = room;
  }

  get text(): string {
    return decode(new Uint8Array(this.writes.flatMap((bytes) => Array.from(bytes))));
  }

  get isBackedUp(): boolean {
    return this.#isBackedUp;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isBackedUp) throw new Error("written to before it had drained");
    this.writes.push(bytes.slice());
    this.#isBackedUp = --this.#room <= 0;
    if (this.#isBackedUp) this.#drained.clear();
    return !this.#isBackedUp;
  }

  writeText(text: string): boolean {
    return this.write(new TextEncoder().encode(text));
  }

  waitDrained(): Promise<void> {
    return this.#drained.wait();
  }

  drain(room: number): void {
    this.#room = room;
    this.#isBackedUp = false;
    this.#drained.set();
  }
}

/** Sends a body as a connection does, and gives its text: by its length where that is known, else in chunks. */
export async function sent(body: OutgoingBody, wire: Wire = new Wire()): Promise<string> {
  await body.prepare();
  const framing: BodyFraming = body.lengthBytes ?? "chunked";
  await sendBody(body, new BodyWriter(wire, framing, "the body of PUT /file"));
  return framing === "chunked" ? unchunked(wire.text) : wire.text;
}

/** What a text in chunks says. Its characters are to be those of its bytes. */
export function unchunked(text: string): string {
  let content = "";
  let rest = text;
  for (;;) {
    const [, size = "", more = ""] = /^([0-9a-f]+)\r\n([^]*)$/.exec(rest) ?? [];
    const bytes = Number.parseInt(size, 16);
    if (bytes === 0) return content;
    if (Number.isNaN(bytes)) throw new Error(`no chunk: ${JSON.stringify(rest.slice(0, 20))}`);
    const encoded = new TextEncoder().encode(more);
    content += decode(encoded.subarray(0, bytes));
    rest = decode(encoded.subarray(bytes + 2));
  }
}
