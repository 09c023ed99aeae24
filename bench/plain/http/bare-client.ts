/**
 * The floor for clients on Node: sockets of `node:net`, a request as text, and of the response no more than where its body begins and
 * how long it is. Nothing is checked, cancelled, or limited.
 */
import { connect, type Socket } from "node:net";
import { drive } from "./driver.ts";

type Taker = (body: string) => void;

/** A connection with one request on it at a time. */
class Bare {
  readonly socket: Socket;
  #taker: Taker | null = null;
  #failed: ((error: Error) => void) | null = null;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.on("error", (error) => this.#failed?.(error));
    this.socket.on("data", (chunk: Buffer) => this.#arrived(chunk));
  }

  ask(head: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#taker = resolve;
      this.#failed = reject;
      this.socket.write(head, "latin1");
    });
  }

  #arrived(chunk: Buffer): void {
    const text = chunk.toString("latin1");
    this.#taker?.(text.slice(text.indexOf("\r\n\r\n") + 4));
  }
}

const idle: Bare[] = [];

function headOf(url: string): { port: number; head: string } {
  const { host, port, pathname } = new URL(url);
  return { port: Number(port), head: `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n` };
}

let last = { url: "", port: 0, head: "" };

await drive({
  async get(url) {
    if (last.url !== url) last = { url, ...headOf(url) };
    const bare = idle.pop() ?? new Bare(last.port);
    const body = await bare.ask(last.head);
    idle.push(bare);
    return body;
  },
  stream(url) {
    const { port, head } = headOf(url);
    const expected = Number(url.slice(url.lastIndexOf("/") + 1));
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1" });
      let bytes = 0;
      let headBytes = -1;
      socket.on("error", reject).on("data", (chunk: Buffer) => {
        if (headBytes < 0) headBytes = chunk.indexOf("\r\n\r\n") + 4;
        bytes += chunk.length;
        if (bytes - headBytes < expected) return;
        socket.destroy();
        resolve(bytes - headBytes);
      });
      socket.write(head, "latin1");
    });
  },
});
