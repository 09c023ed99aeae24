/**
 * The site of the tour: pages of varied latency and size, some of them missing, and a count of requests that still run.
 *
 * A request runs from its arrival until its answer is finished or its socket is closed. Latencies and sizes are fixed, so that
 * the three ways of fetching have the same work.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { sleep } from "tsyncio";
import { close, listen } from "../support/small-site.ts";

interface PagePlan {
  readonly latencyMs: number;
  readonly bytes: number;
  readonly status: number;
}

const latenciesMs = [60, 90, 40, 190, 70, 360, 50, 60, 320, 40, 80, 60, 380, 40, 70, 460, 30, 90];
const kilobytes = [4, 36, 12, 80, 7, 210, 15, 3, 48, 1, 22, 9, 130, 5, 18, 64, 2, 30];
const failing: Readonly<Record<number, number>> = { 4: 404, 12: 503 };

const plans: readonly PagePlan[] = latenciesMs.map((latencyMs, at) => ({
  latencyMs,
  bytes: (kilobytes[at] ?? 1) * 1_000,
  status: failing[at + 1] ?? 200,
}));

/** Its connection is broken off after this time, when it is told to. */
const BROKEN_AFTER_MS = 100;

export class TourSite implements AsyncDisposable {
  readonly #server: Server;
  readonly #running = new Set<ServerResponse>();
  #brokenPage = 0;
  #origin = "";

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async open(): Promise<this> {
    this.#origin = await listen(this.#server);
    return this;
  }

  get origin(): string {
    return this.#origin;
  }

  /** The pages that the tour fetches. */
  get urls(): string[] {
    return plans.map((_, at) => this.urlOf(at + 1));
  }

  urlOf(page: number): string {
    return `${this.#origin}/pages/${page}`;
  }

  /** How many requests are running now. */
  get running(): number {
    return this.#running.size;
  }

  /** From now on the connection of this page is broken off; 0 for none. */
  breakPage(page: number): void {
    this.#brokenPage = page;
  }

  /** Cuts off what still runs, so that the next try begins in peace. */
  async calm(): Promise<void> {
    do {
      this.#server.closeAllConnections();
      await sleep(20);
    } while (this.#running.size > 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await close(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#running.add(response);
    response.once("close", () => this.#running.delete(response));
    const page = Number(/^\/pages\/(\d+)$/.exec(request.url ?? "")?.[1]);
    const plan = plans[page - 1];
    if (plan === undefined) {
      const found = request.url === "/";
      response.writeHead(found ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
      response.end(found ? contents() : "<p>There is no such page.</p>");
      return;
    }
    const isBroken = page === this.#brokenPage;
    await sleep(isBroken ? BROKEN_AFTER_MS : plan.latencyMs);
    if (isBroken) {
      response.destroy();
      return;
    }
    response.writeHead(plan.status, { "content-type": "text/html; charset=utf-8" });
    response.end(`<h1>Page ${page}</h1>\n`.padEnd(plan.bytes, "tsyncio "));
  }
}

function contents(): string {
  const items = plans.map(
    ({ latencyMs, bytes, status }, at) =>
      `<li><a href="/pages/${at + 1}">page ${at + 1}</a>: ${status}, ${bytes / 1_000} kB after ${latencyMs} ms</li>`,
  );
  return `<!doctype html><title>tsyncio: the site of the tour</title><h1>The site of the tour</h1><ol>${items.join("")}</ol>`;
}
