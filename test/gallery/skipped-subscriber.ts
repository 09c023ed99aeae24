import assert from "node:assert/strict";
import { Queue, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

type Inbox = Queue<string>;

async function publish(subscribers: Inbox[], news: string): Promise<void> {
  for (const inbox of subscribers) await inbox.put(news);
}

/** The list of this moment, which nobody else changes. */
async function publishToAll(subscribers: Inbox[], news: string): Promise<void> {
  for (const inbox of subscribers.slice()) await inbox.put(news);
}

function newspaper(publishing: typeof publish): Body {
  return async () => {
    const ann = new Queue<string>({ capacity: 1, name: "ann" });
    const ben = new Queue<string>({ capacity: 1, name: "ben" });
    const subscribers = [ann, ben];
    await withTaskGroup((group) => {
      group.spawn("publisher", publishing, subscribers, "news");
      group.spawn("ann", async () => {
        await ann.get();
        await ask(2);
        subscribers.splice(subscribers.indexOf(ann), 1);
      });
    });
    assert.equal(ben.tryGet(), "news");
  };
}

export const skippedSubscriber: Exhibit = {
  name: "skipped subscriber",
  says: "A list is changed while another task goes through it with awaits, so that an entry is passed over.",
  kind: "error",
  hidden: true,
  wrong: newspaper(publish),
  corrected: newspaper(publishToAll),
};
