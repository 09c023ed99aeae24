import { streamName, type Transport } from "./transport.ts";

/** Where the bytes of a {@link StreamReader} come from. It can be told to hold back. */
export interface ReadSource {
  /** What messages and labels call it: `the stream to 10.0.0.1:80`. */
  readonly name: string;
  /** Delivers nothing more than what is on its way, until `resume`. */
  pause(): void;
  resume(): void;
}

/** A transport as what a reader reads from. */
export class TransportSource implements ReadSource {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get name(): string {
    return streamName(this.#transport);
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }
}
