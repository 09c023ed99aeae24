/**
 * The client of echo servers, the same for all of them: `node echo-client.ts`. It keeps connections to several servers, and plays
 * ping-pong with one server at a time: each connection sends a message of 1 KiB, waits until it has come back whole, checks it, and
 * sends the next one.
 */
import { connect, type Socket } from "node:net";
import { answerQuestions, type Question } from "./answering.ts";

const MESSAGE_BYTES = 1_024;

const byPort = new Map<number, Pinger[]>();

class Pinger {
  readonly #socket: Socket;
  readonly #message = Buffer.alloc(MESSAGE_BYTES, "tsyncio ");
  readonly #echo = Buffer.alloc(MESSAGE_BYTES);
  #received = 0;
  #sent = 0;
  #until = 0;
  #finished: (() => void) | null = null;
  #wrong = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#arrived(chunk));
    socket.on("close", () => this.#lost());
  }

  /** Plays until the time has come; gives how many messages came back as they were sent. */
  async play(until: number): Promise<number> {
    const before = this.#sent;
    this.#until = until;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#finished = resolve;
    this.#send();
    await promise;
    if (this.#wrong > 0) throw new Error("an echo was not what had been sent");
    return this.#sent - before;
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(): void {
    this.#message.writeUInt32LE(++this.#sent, 0);
    this.#socket.write(this.#message);
  }

  #arrived(chunk: Buffer): void {
    chunk.copy(this.#echo, this.#received);
    this.#received += chunk.length;
    if (this.#received < MESSAGE_BYTES) return;
    if (this.#received > MESSAGE_BYTES || !this.#echo.equals(this.#message)) this.#wrong++;
    this.#received = 0;
    if (performance.now() < this.#until && this.#wrong === 0) this.#send();
    else this.#finished?.();
  }

  #lost(): void {
    this.#wrong++;
    this.#finished?.();
  }
}

/** Opens some connections at a time, so that no backlog runs over. */
async function open(port: number, count: number): Promise<object> {
  const pingers: Pinger[] = [];
  while (pingers.length < count) {
    const batch = Array.from({ length: Math.min(500, count - pingers.length) }, () => opened(port));
    pingers.push(...(await Promise.all(batch)));
  }
  byPort.set(port, [...(byPort.get(port) ?? []), ...pingers]);
  return { connections: pingers.length };
}

function opened(port: number): Promise<Pinger> {
  const { promise, resolve, reject } = Promise.withResolvers<Pinger>();
  const socket = connect({ port, host: "127.0.0.1" }, () => resolve(new Pinger(socket)));
  socket.on("error", reject);
  return promise;
}

async function play(port: number, ms: number): Promise<object> {
  const pingers = byPort.get(port) ?? [];
  const until = performance.now() + ms;
  const messages = await Promise.all(pingers.map((pinger) => pinger.play(until)));
  return { messages: messages.reduce((sum, each) => sum + each, 0) };
}

function close(port: number): object {
  for (const pinger of byPort.get(port) ?? []) pinger.close();
  byPort.delete(port);
  return {};
}

async function answer({ port = 0, open: count, playMs }: Question): Promise<object> {
  try {
    if (count !== undefined) return await open(port, count);
    if (playMs !== undefined) return await play(port, playMs);
    return close(port);
  } catch (error) {
    return { failed: String(error) };
  }
}

await answerQuestions({}, answer);
