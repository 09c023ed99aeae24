import assert from "node:assert/strict";
import { Queue, withTaskGroup } from "../../src/index.ts";
import type { Body, Exhibit } from "./exhibit.ts";

async function send(outbox: Queue<string>, kind: string): Promise<void> {
  await outbox.put(`${kind} 1`);
  await outbox.put(`${kind} 2`);
  outbox.close();
}

/** The last handle that is closed closes the queue. */
async function sendThrough(outbox: Queue<string>, kind: string): Promise<void> {
  using out = outbox.producer();
  await out.put(`${kind} 1`);
  await out.put(`${kind} 2`);
}

function messenger(sending: typeof send): Body {
  return async () => {
    const outbox = new Queue<string>({ capacity: 4, name: "outbox" });
    let sent = 0;
    await withTaskGroup(async (group) => {
      group.spawn("mail", sending, outbox, "mail");
      group.spawn("text", sending, outbox, "text");
      for await (const _ of outbox) sent++;
    });
    assert.equal(sent, 4);
  };
}

export const closedUnderProducer: Exhibit = {
  name: "queue closed under a producer",
  says: "Each of two producers closes the queue when it is done, so that the slower one puts into a closed queue.",
  kind: "error",
  hidden: true,
  wrong: messenger(send),
  corrected: messenger(sendThrough),
};
