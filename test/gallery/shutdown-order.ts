import assert from "node:assert/strict";
import { Queue, sleep, withTaskGroup, type Task } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

async function stop(lines: Queue<string>, writer: Task<void>): Promise<void> {
  while (lines.size > 0) await sleep(1);
  writer.cancel();
}

async function stopWhenWritten(lines: Queue<string>, writer: Task<void>): Promise<void> {
  lines.close();
  await writer.join();
}

function service(stopping: typeof stop): Body {
  return async () => {
    const lines = new Queue<string>({ capacity: 4, name: "log lines" });
    const written: string[] = [];
    await withTaskGroup(async (group) => {
      const writer = group.spawn("log writer", async () => {
        for await (const line of lines) {
          await ask(); // the disk
          written.push(line);
        }
      });
      const request = group.spawn("request", async () => {
        await lines.put("a request");
        await ask(2);
      });
      await request.join();
      await stopping(lines, writer);
    });
    assert.deepEqual(written, ["a request"]);
  };
}

export const shutdownOrder: Exhibit = {
  name: "wrong shutdown order",
  says: "The log writer is stopped when its queue is empty, though it may have taken a line that it has not written.",
  kind: "error",
  hidden: true,
  wrong: service(stop),
  corrected: service(stopWhenWritten),
};
