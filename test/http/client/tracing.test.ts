import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, it } from "node:test";
import { sleep, withTimeoutOr } from "../../../src/index.ts";
import type { ClientTrace } from "../../../src/http.ts";
import { clientOf, offline, ok, rawServer } from "./raw-server.ts";

const events = ["start", "queued", "connect", "connected", "sent", "head", "end", "failed"] as const;

/** What is told while `body` runs: the name of each event, and what it shows. */
async function told(
  body: () => Promise<unknown>,
): Promise<Array<readonly [event: string, trace: ClientTrace]>> {
  const heard: Array<readonly [string, ClientTrace]> = [];
  const listeners = events.map((event) => {
    const listener = (message: unknown): void => void heard.push([event, message as ClientTrace]);
    subscribe(`tsyncio:http.client.${event}`, listener);
    return () => unsubscribe(`tsyncio:http.client.${event}`, listener);
  });
  await body();
  for (const stop of listeners) stop();
  return heard;
}

describe("The tracing channel of a client", () => {
  it(
    "tells each phase of a request, in its order",
    offline(async () => {
      await using _ = await rawServer(async ({ write }) => {
        await sleep(5);
        await write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
        await sleep(5);
        return "b";
      });
      await using http = clientOf({ maxConnections: 1 });
      const heard = await told(async () => {
        await http.get("http://me:secret@shop/a").text();
        await http.get("/b").text();
      });
      assert.deepEqual(
        heard.map(([event]) => event),
        ["start", "connect", "connected", "sent", "head", "end", "start", "sent", "head", "end"],
      );
      assert.ok(heard.every(([, { method, attempt }]) => method === "GET" && attempt === 1));
      assert.ok(heard.every(([, { url }]) => !url.includes("secret")));
      const shown = heard.filter(([event]) => event === "sent" || event === "head");
      assert.deepEqual(
        shown.map(([, { status, isReused }]) => status ?? isReused),
        [false, 200, true, 200],
      );
    }),
  );

  it(
    "tells what came to nothing, and why",
    offline(async () => {
      await using _ = await rawServer(async ({ head, stream }) => {
        if (head.startsWith("GET /slow")) await stream.read().catch(() => null);
        else stream.abort();
        return null;
      });
      await using http = clientOf();
      const heard = await told(async () => {
        await http
          .get("/")
          .text()
          .catch(() => null);
        await withTimeoutOr(10, () => http.get("/slow").text(), null);
      });
      const failures = heard.filter(([event]) => event === "failed");
      assert.equal(failures.length, 2);
      assert.ok(failures[0]?.[1].error instanceof Error);
      await http.close();
    }),
  );

  it(
    "tells that a request waits in line",
    offline(async () => {
      await using _ = await rawServer(async () => {
        await sleep(5);
        return ok("");
      });
      await using http = clientOf({ maxConnections: 1 });
      const heard = await told(() => Promise.all([http.get("/1").text(), http.get("/2").text()]));
      const second = heard.filter(([, { url }]) => url.endsWith("/2")).map(([event]) => event);
      assert.deepEqual(second, ["start", "queued", "sent", "head", "end"]);
    }),
  );
});
