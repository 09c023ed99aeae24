import { currentRuntime, sleep, withTaskGroup, type Task, type TaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

class Feed {
  refresher: Task<never> | null = null;

  async refresh(): Promise<never> {
    for (;;) await sleep(60_000);
  }

  close(): void {
    this.refresher?.cancel();
  }
}

async function open(feed: Feed): Promise<void> {
  await ask(); // for its address
  feed.refresher = currentRuntime().background.spawn("refresher", () => feed.refresh());
}

/** It belongs to the group of those who read the feed, and cannot outlive it. */
async function openIn(feed: Feed, readers: TaskGroup): Promise<void> {
  await ask();
  feed.refresher = readers.spawnService("refresher", () => feed.refresh());
}

function reading(opening: typeof openIn): Body {
  return async () => {
    const feed = new Feed();
    await withTaskGroup((group) => {
      group.spawn("open", opening, feed, group);
      group.spawn("close", async () => {
        await ask(4);
        feed.close();
      });
    });
  };
}

export const leftBehind: Exhibit = {
  name: "task left behind",
  says: "A feed that is closed while it is being opened begins its refresher afterwards, and nobody ever ends it.",
  kind: "leaked task",
  hidden: true,
  wrong: reading(open),
  corrected: reading(openIn),
};
