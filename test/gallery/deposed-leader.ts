import assert from "node:assert/strict";
import { withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

interface Cluster {
  leader: string;
  readonly log: string[];
}

async function write(cluster: Cluster, self: string): Promise<void> {
  if (cluster.leader !== self) return;
  await ask(); // a quorum
  cluster.log.push(self);
}

/** Whoever writes is the leader at that moment, and not only when it began. */
async function writeAsLeader(cluster: Cluster, self: string): Promise<void> {
  if (cluster.leader !== self) return;
  await ask();
  if (cluster.leader === self) cluster.log.push(self);
}

function replication(writing: typeof write): Body {
  return async () => {
    const cluster: Cluster = { leader: "a", log: [] };
    await withTaskGroup((group) => {
      group.spawn("node a", writing, cluster, "a");
      group.spawn("node b", async () => {
        await ask(4); // for votes
        cluster.leader = "b";
        await writing(cluster, "b");
      });
    });
    assert.equal(cluster.log.at(-1), "b");
  };
}

export const deposedLeader: Exhibit = {
  name: "deposed leader",
  says: "A node that was the leader before an await writes as one after it, over what the new leader wrote.",
  kind: "error",
  hidden: true,
  wrong: replication(write),
  corrected: replication(writeAsLeader),
};
