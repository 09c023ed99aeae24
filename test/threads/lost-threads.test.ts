/** Threads that end at the wrong time, and calls that end by themselves: on threads that do as the test says. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  currentRuntime,
  TaskCancelled,
  withCancelScope,
  withTaskGroup,
  withTimeout,
} from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";
import { importThread, mapInThreads, ThreadCrashed, ThreadPool } from "../../src/threads.ts";
import { Marks } from "../../src/threads/marks.ts";
import type { ToThread, WorkMessage } from "../../src/threads/messages.ts";
import {
  offerThreads,
  type ThreadEvents,
  type ThreadHandle,
  type ThreadSetup,
} from "../../src/threads/platform.ts";

/** A thread by hand. Work that it is sent waits in `inbox`; nothing is begun. */
class HandThread implements ThreadHandle {
  readonly inbox: WorkMessage[] = [];
  readonly marks: Marks;
  readonly events: ThreadEvents;
  onWork: () => void = () => {};

  constructor({ marks }: ThreadSetup, events: ThreadEvents) {
    this.marks = new Marks(marks);
    this.events = events;
    queueMicrotask(() => events.message({ kind: "ready", error: null }));
  }

  post(message: unknown): void {
    const sent = message as ToThread;
    if (sent.kind === "call" || sent.kind === "batch") {
      this.inbox.push(sent);
      this.onWork();
    } else if (sent.kind === "close") queueMicrotask(() => this.events.message({ kind: "closed" }));
  }

  keepAlive(): void {}

  terminate(): void {
    queueMicrotask(() => this.end());
  }

  end(): void {
    this.events.ended({ error: undefined, exitCode: 7, isOutOfMemory: false });
  }
}

/** A pool of one thread by hand, and all threads that were started for it. */
function handPool(
  onStart: (thread: HandThread) => void,
  startError: Error | null = null,
): {
  readonly pool: ThreadPool;
  readonly threads: HandThread[];
} {
  const threads: HandThread[] = [];
  offerThreads(currentRuntime().host, {
    parallelism: 1,
    start: (setup, events) => {
      if (startError !== null) throw startError;
      const thread = new HandThread(setup, events);
      threads.push(thread);
      onStart(thread);
      return thread;
    },
  });
  return { pool: new ThreadPool({ threads: 1 }), threads };
}

type Work = { add(a: number, b: number): number; double(n: number): number };
const module = "data:text/javascript,";

describe("A thread", () => {
  it(
    "that ends before it begins its call is replaced three times, then the call fails",
    virtual(async () => {
      const { pool, threads } = handPool((thread) => {
        thread.onWork = () => queueMicrotask(() => queueMicrotask(() => thread.end()));
      });
      const work = importThread<Work>(module, { pool });
      await assert.rejects(work.add(1, 2), (error) => {
        assert.ok(error instanceof ThreadCrashed);
        assert.match(error.message, /3 threads in a row ended before they began/);
        return true;
      });
      assert.equal(threads.length, 3);
    }),
  );

  it(
    "takes each message for what it is, however many others were cancelled while it worked",
    virtual(async (time) => {
      const { pool, threads } = handPool(() => {});
      const work = importThread<Work>(module, { pool });
      const one = async (n: number): Promise<number | undefined> => {
        for await (const result of mapInThreads([n], work.double)) return result;
        return undefined;
      };
      await withTaskGroup(async (group) => {
        const first = group.spawn(() => one(0));
        await time.settled();
        const [thread] = threads;
        assert.ok(thread !== undefined);
        const begun = thread.inbox.shift();
        assert.ok(begun !== undefined && thread.marks.begin(begun.id));
        for (let n = 1; n <= 20; n++)
          await withCancelScope(async (scope) => {
            group.spawn(async () => {
              await time.settled();
              scope.cancel("not needed");
            });
            await one(n);
          });
        const last = group.spawn(() => one(21));
        await time.settled();
        const answer = (id: number, value: number): void =>
          thread.events.message({
            kind: "value",
            id,
            value: { values: [value], failures: [], ms: 0 },
          });
        answer(begun.id, 0);
        for (const { id, ...message } of thread.inbox)
          if (thread.marks.begin(id)) answer(id, 2 * Number("items" in message && message.items[0]));
        assert.equal(await first.join(), 0);
        assert.equal(await last.join(), 42);
      });
    }),
  );

  it(
    "tells of a call that cancelled itself at once, long before the deadline of its caller",
    virtual(async (time) => {
      const { pool } = handPool((thread) => {
        thread.onWork = () =>
          queueMicrotask(() => {
            const message = thread.inbox.shift();
            assert.ok(message !== undefined && thread.marks.begin(message.id));
            const reason = { nodes: [{ kind: "value", value: "changed its mind" }] };
            thread.events.message({ kind: "cancelled", id: message.id, reason, isDue: false });
          });
      });
      const work = importThread<Work>(module, { pool });
      const before = time.now();
      await withTimeout(60_000, () => assert.rejects(work.add(1, 2), TaskCancelled));
      assert.equal(time.now(), before);
    }),
  );

  it(
    "that cannot be started fails the call that needed it, and no other wait is left",
    virtual(async () => {
      const { pool } = handPool(() => {}, new Error("no threads today"));
      const work = importThread<Work>(module, { pool });
      await assert.rejects(work.add(1, 2), (error) => {
        assert.ok(error instanceof ThreadCrashed);
        assert.match(String(error.cause), /no threads today/);
        return true;
      });
      assert.equal(pool.stats().threads, 0);
      assert.equal(pool.stats().queued, 0);
    }),
  );
});
