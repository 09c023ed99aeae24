/**
 * Clients that come whether or not the server can serve them: `node crowd.ts`. `{ port, rate, forMs }` sends so many requests a second
 * for `/work`, each on a free connection, of which there are enough at the beginning, or on a new one, and gives up on one after a while. `{ port, loops, forMs }` sends the next
 * request when the last is answered: what the server can do.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answerQuestions, type Question } from "../answering.ts";

/** How long a client waits for its answer. */
const PATIENCE_MS = 250;
/** A crowd has an end: beyond it, a client that finds no connection fails at once. */
const MOST_CONNECTIONS = 4_000;
const REQUEST = "GET /work HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

type Outcome = "good" | "refused" | "failed";

class Connection {
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  #text = "";
  #sentAt = 0;
  #done: ((outcome: Outcome) => void) | null = null;
  isClosed = false;

  constructor(port: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true }, resolve);
    this.#socket.on("close", resolve);
    this.#socket.on("data", (chunk) => this.#arrived(chunk.toString("latin1")));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#closed());
  }

  send(done: (outcome: Outcome) => void): void {
    this.#done = done;
    this.#sentAt = performance.now();
    this.#socket.write(REQUEST);
  }

  /** Leaves when the answer is late. */
  look(now: number): void {
    if (this.#done !== null && now - this.#sentAt > PATIENCE_MS) this.close();
  }

  close(): void {
    this.#socket.destroy();
    this.#closed();
  }

  #arrived(text: string): void {
    this.#text += text;
    const end = this.#text.indexOf("\r\n\r\n");
    const head = this.#text.slice(0, end + 2);
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
    if (end < 0 || length === undefined || this.#text.length < end + 4 + Number(length)) return;
    const isLate = performance.now() - this.#sentAt > PATIENCE_MS;
    this.#text = "";
    if (/\r\nconnection: close\r\n/i.test(head)) {
      this.isClosed = true;
      this.#socket.end();
    }
    const status = head.slice(9, 12);
    this.#finish(status === "200" && !isLate ? "good" : status === "503" ? "refused" : "failed");
  }

  #closed(): void {
    this.isClosed = true;
    this.#finish("failed");
  }

  #finish(outcome: Outcome): void {
    const done = this.#done;
    this.#done = null;
    done?.(outcome);
  }
}

class Crowd {
  readonly #port: number;
  readonly #all = new Set<Connection>();
  readonly #free: Connection[] = [];
  readonly counts: Record<Outcome, number> = { good: 0, refused: 0, failed: 0 };

  constructor(port: number) {
    this.#port = port;
  }

  async open(count: number): Promise<void> {
    const more = Array.from({ length: count }, () => new Connection(this.#port));
    for (const connection of more) {
      this.#all.add(connection);
      this.#free.push(connection);
    }
    await Promise.all(more.map(({ opened }) => opened));
  }

  request(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const connection = this.#connection();
    if (connection === null) {
      this.counts.failed++;
      resolve();
      return promise;
    }
    connection.send((outcome) => {
      this.counts[outcome]++;
      if (connection.isClosed) this.#all.delete(connection);
      else this.#free.push(connection);
      resolve();
    });
    return promise;
  }

  look(): void {
    const now = performance.now();
    for (const connection of this.#all) connection.look(now);
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #connection(): Connection | null {
    for (let free = this.#free.pop(); free !== undefined; free = this.#free.pop()) {
      if (!free.isClosed) return free;
      this.#all.delete(free);
    }
    if (this.#all.size >= MOST_CONNECTIONS) return null;
    const made = new Connection(this.#port);
    this.#all.add(made);
    return made;
  }
}

/** What comes at a rate, whatever becomes of it. */
async function rush(crowd: Crowd, rate: number, forMs: number): Promise<void> {
  await crowd.open(Math.ceil((rate * PATIENCE_MS) / 1_000));
  await sleep(PATIENCE_MS);
  const began = performance.now();
  let sent = 0;
  for (let now = 0; now < forMs; now = performance.now() - began) {
    for (const due = Math.floor((now / 1_000) * rate); sent < due; sent++) void crowd.request();
    crowd.look();
    await sleep(1);
  }
  for (const until = performance.now() + PATIENCE_MS + 50; performance.now() < until;) {
    await sleep(10);
    crowd.look();
  }
}

async function loopFor(crowd: Crowd, loops: number, forMs: number): Promise<void> {
  const until = performance.now() + forMs;
  const loop = async (): Promise<void> => {
    while (performance.now() < until) await crowd.request();
  };
  await Promise.all(Array.from({ length: loops }, loop));
}

await answerQuestions({}, async ({ port = 0, rate, loops = 1, forMs = 1_000 }: Question) => {
  const crowd = new Crowd(port);
  await (rate === undefined ? loopFor(crowd, loops, forMs) : rush(crowd, rate, forMs));
  crowd.close();
  const { good, refused, failed } = crowd.counts;
  return { goodRate: (good / forMs) * 1_000, good, refused, failed };
});
