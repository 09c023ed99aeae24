/**
 * Sends the lines of the case `lines` to whoever connects, in pieces of 64 KiB that end anywhere: `node line-source.ts COUNT`.
 * Every reader is a client of it, and gets the same bytes from the same process by a socket on loopback.
 */
import { createServer, type AddressInfo } from "node:net";
import process from "node:process";
import { answerQuestions } from "./answering.ts";

const PIECE_BYTES = 65_536;

/** Of 40 to 60 bytes, with the newline. */
export function lineText(index: number): string {
  return `${String(index).padStart(9, "0")} ${"the quick brown fox jumps over the lazy dog, twice".slice(0, 29 + (index % 21))}`;
}

/** What a reader makes of the lines, one by one: wrong when a line is cut, lost or out of place. */
export class LineSum {
  sum = 0;
  #lines = 0;

  add(line: string): void {
    this.#lines++;
    this.sum += line.length + (line.charCodeAt(8) + line.charCodeAt(line.length - 1)) * (this.#lines % 7);
  }
}

export function sumOfLines(count: number): number {
  const sum = new LineSum();
  for (let index = 0; index < count; index++) sum.add(lineText(index));
  return sum.sum;
}

if (import.meta.main) {
  const lines = Array.from({ length: Number(process.argv[2]) }, (_, index) => `${lineText(index)}\n`);
  const bytes = Buffer.from(lines.join(""));
  const server = createServer((socket) => {
    let at = 0;
    socket.on("error", () => socket.destroy());
    const send = (): void => {
      while (at < bytes.length) {
        const piece = bytes.subarray(at, (at += PIECE_BYTES));
        if (!socket.write(piece)) return;
      }
      socket.end();
    };
    socket.on("drain", send);
    send();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await answerQuestions({ port: (server.address() as AddressInfo).port }, () => ({}));
}
