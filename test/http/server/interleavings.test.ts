/** Servers and clients in simulation: other schedules, faults of the network, and a cancellation at every step. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { currentScope } from "../../../src/lowlevel.ts";
import { sleep, withShield, withTaskGroup } from "../../../src/index.ts";
import { serve, type Handler, type HttpServer, type ServeOptions } from "../../../src/http.ts";
import { connect, withNetwork } from "../../../src/io.ts";
import { MemoryNetwork, simulate } from "../../../src/testing.ts";
import { logTexts } from "../../log-texts.ts";
import { everyStep } from "../../every-step.ts";
import { get, post, RawClient } from "./raw-client.ts";
import { local } from "./worlds.ts";

const inMemory = (body: () => Promise<void>): Promise<void> => withNetwork(new MemoryNetwork(), body);

describe("serve", () => {
  it(
    "that is cancelled at any step listens no more",
    everyStep((step) =>
      inMemory(async () => {
        const outcome = await step.attempt(() => serve(() => "x", { host: "127.0.0.1", port: 80 }));
        if (!outcome.cancelled) await outcome.value.close();
        await using again = await serve(() => "again", { host: "127.0.0.1", port: 80, closeGraceMs: 0 });
        await using client = await RawClient.to(again.address);
        assert.equal((await client.ask(get("/", "Connection: close\r\n"))).body, "again");
      }),
    ),
  );

  it(
    "that is closed in a scope that is cancelled at any step is closed",
    everyStep((step) =>
      inMemory(async () => {
        const server = await local(async () => {
          await sleep(10_000);
          return "late";
        });
        await using client = await RawClient.to(server.address);
        await client.send(get());
        await sleep(1);
        await step.attempt(() => server.close({ drainMs: 1_000 }));
        await server.close();
        assert.deepEqual([server.stats().connections, server.stats().inFlight], [0, 0]);
      }),
    ),
  );
});

/** What a handler does with one request, and how many are alive. */
class Work {
  alive = 0;
  begun = 0;
  ended = 0;
  /** How long a handler takes for its clean-up, whatever happens. */
  readonly #cleanUpMs: number;

  constructor(cleanUpMs: number = 0) {
    this.#cleanUpMs = cleanUpMs;
  }

  readonly handler: Handler = async (request) => {
    this.begun++;
    this.alive++;
    try {
      const text = await request.text();
      await withTaskGroup(async (group) => {
        group.spawn(() => this.#child());
        await sleep(3);
      });
      if (request.path === "/stream") return this.#stream(text);
      return `${request.path} ${text}`;
    } finally {
      if (this.#cleanUpMs > 0) await withShield(Infinity, () => sleep(this.#cleanUpMs));
      this.alive--;
      this.ended++;
    }
  };

  async *#stream(text: string): AsyncGenerator<string> {
    for (const character of text) {
      yield character;
      await sleep(1);
    }
  }

  async #child(): Promise<void> {
    this.alive++;
    try {
      await sleep(2);
    } finally {
      this.alive--;
    }
  }
}

/** A client that gets its responses, or an error; never those of another one. */
async function visit(server: HttpServer, name: string, leavesAfterMs: number): Promise<number> {
  let answers = 0;
  try {
    const client = new RawClient(await connect(server.address));
    await withTaskGroup(async (group) => {
      const asking = group.spawn(async () => {
        for (const path of ["/a", "/stream", "/b"]) {
          const text = `${name}${path}`;
          const { status, body } = await client.ask(post(path, text));
          if (status === 503) continue;
          assert.equal(status, 200);
          assert.equal(body, path === "/stream" ? text : `${path} ${text}`);
          answers++;
        }
      });
      group.spawnService(async () => {
        await sleep(leavesAfterMs);
        client.stream.abort();
      });
      await asking.join();
    });
    await client.stream.close();
  } catch (error) {
    // A fault, its own departure, or the close of the server. A wrong answer is neither.
    if (error instanceof assert.AssertionError) throw error;
  }
  return answers;
}

/** Three clients, two of which leave, and a server that is closed meanwhile; what is to be so at the end. */
async function played(work: Work, options: ServeOptions): Promise<void> {
  const server = await serve(work.handler, {
    host: "127.0.0.1",
    port: 80,
    maxRequests: 2,
    queueMs: 50,
    ...options,
  });
  await withTaskGroup(async (group) => {
    for (const [name, leavesAfterMs] of [
      ["one", 1_000],
      ["two", 6],
      ["three", 13],
    ] as const)
      group.spawn(() => visit(server, name, leavesAfterMs));
    await sleep(20);
    await server.close({ drainMs: 4 });
  });
  assert.equal(work.alive, 0);
  assert.equal(work.begun, work.ended);
  const { connections, inFlight, queued, stuck } = server.stats();
  assert.deepEqual([connections, inFlight, queued, stuck], [0, 0, 0, 0]);
  assert.equal(currentScope().hasEnded, false);
}

describe("A server in simulation", () => {
  it(
    "answers each request or visibly fails it, mixes nothing up, and leaves nothing alive, whatever clients do",
    simulate({ runs: 20, faults: { network: true } }, () => played(new Work(), {})),
  );

  for (const [when, cleanUpMs] of [
    ["before their grace is over", 2],
    ["in the moment in which it is over", 3],
    ["after it", 4],
  ] as const)
    it(
      `does so too where handlers end ${when}`,
      simulate({ runs: 10, faults: { network: true } }, async () => {
        const texts = await logTexts(() =>
          played(new Work(cleanUpMs), { handlerMs: 4, handlerGraceMs: 3 }),
        );
        for (const text of texts) assert.match(text, /^TSY_HANDLER_STUCK/);
      }),
    );
});
