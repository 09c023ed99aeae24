import assert from "node:assert/strict";
import { Queue, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

class Pool {
  readonly idle: Queue<string> = new Queue({ capacity: 8, name: "idle connections" });
  readonly lent: Set<string> = new Set();
}

async function giveBack(pool: Pool, connection: string): Promise<void> {
  if (!pool.lent.has(connection)) return;
  await ask(); // to roll back what is open on it
  pool.lent.delete(connection);
  await pool.idle.put(connection);
}

/** Only one of those who give a connection back finds it in the set. */
async function giveBackOnce(pool: Pool, connection: string): Promise<void> {
  if (!pool.lent.delete(connection)) return;
  await ask();
  await pool.idle.put(connection);
}

function server(givingBack: typeof giveBack): Body {
  return async (t) => {
    const pool = new Pool();
    t.invariant(() => assert(pool.idle.size <= 1, "one connection is in the pool twice"));
    pool.lent.add("connection");
    await withTaskGroup((group) => {
      group.spawn("query", async () => {
        await ask();
        await givingBack(pool, "connection");
      });
      group.spawn("hang-up", async () => {
        await ask(6);
        await givingBack(pool, "connection");
      });
    });
  };
}

export const doubleRelease: Exhibit = {
  name: "double release",
  says: "A query that ends and a client that hangs up both give the connection back, so that two may get it.",
  kind: "broken invariant",
  hidden: true,
  wrong: server(giveBack),
  corrected: server(giveBackOnce),
};
