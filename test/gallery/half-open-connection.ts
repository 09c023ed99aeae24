import assert from "node:assert/strict";
import { Event, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

class Connection {
  isBegun = false;
  session: string | null = null;
  readonly opened: Event = new Event({ name: "connection" });

  async handshake(): Promise<void> {
    await ask(2);
    this.session = "session";
    this.opened.set();
  }
}

async function connect(connection: Connection): Promise<void> {
  if (connection.isBegun) return;
  connection.isBegun = true;
  await connection.handshake();
}

async function connectFully(connection: Connection): Promise<void> {
  if (connection.isBegun) return connection.opened.wait();
  connection.isBegun = true;
  await connection.handshake();
}

function client(connecting: typeof connect): Body {
  return async () => {
    const connection = new Connection();
    await withTaskGroup((group) => {
      const query = async (hops: number): Promise<void> => {
        await ask(hops);
        await connecting(connection);
        assert.equal(connection.session, "session");
      };
      group.spawn("first query", query, 0);
      group.spawn("second query", query, 5);
    });
  };
}

export const halfOpenConnection: Exhibit = {
  name: "half-open connection",
  says: "A flag says that connecting has begun, and is taken to say that it has ended.",
  kind: "error",
  hidden: true,
  wrong: client(connect),
  corrected: client(connectFully),
};
