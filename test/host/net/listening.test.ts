import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import process from "node:process";
import {
  closed,
  connected,
  connectSettings,
  ended,
  endpointOf,
  listenSettings,
  loopback,
  network,
} from "./delivery.ts";
import { explainInUse } from "../../../src/host/net/stale-socket.ts";
import type { Endpoint } from "../../../src/io/net/address.ts";
import type { ListenerEvents, ListeningSocket } from "../../../src/io/net/network.ts";

const folder = mkdtempSync(join(tmpdir(), "tsyncio-listening-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const nobody: ListenerEvents = {
  connected: (transport) => transport.destroy(true),
  failed: () => {},
  lost: () => {},
};

const listenAt = (at: Endpoint, more: object = {}): Promise<ListeningSocket> =>
  ended(network.listen(at, { ...listenSettings, ...more }, nobody));

const needsUnix = { skip: process.platform === "win32" };

/** Runs a program, and gives what it wrote and its exit code. */
function outcome(
  file: string,
  args: readonly string[],
): Promise<{ readonly text: string; readonly code: number }> {
  return new Promise((resolve) => {
    // The limit is for a runtime that hangs.
    execFile(file, args, { timeout: 10_000 }, (error, stdout, stderr) =>
      resolve({ text: stdout + stderr, code: error === null ? 0 : Number(error.code ?? 1) }),
    );
  });
}

/** How this runtime runs a program. */
const runArgs = (file: string): string[] =>
  "Deno" in globalThis ? ["run", "-A", "--no-check", "--no-lock", file] : [file];

describe("A listening socket of the platform", () => {
  it("says which port it got", async () => {
    const listener = await listenAt(loopback);
    assert.ok("port" in listener.address && listener.address.port > 0);
    await closed(listener);
  });

  it("leaves its address free when it is closed, while connections live on", async () => {
    await using pair = await connected();
    const { listener, client, server } = pair;
    await closed(listener);
    const again = await listenAt(endpointOf(listener), { reusePort: false });
    client.transport.write(new Uint8Array(3));
    await server.heard.heard("arrived");
    await closed(again);
  });

  it("fails with EADDRINUSE where somebody else listens", async () => {
    const listener = await listenAt(loopback);
    await assert.rejects(listenAt(endpointOf(listener)), { code: "EADDRINUSE" });
    await closed(listener);
  });

  it(
    "shares its port with another one where both reuse it",
    { skip: process.platform !== "linux" },
    async () => {
      const first = await listenAt(loopback, { reusePort: true });
      const second = await listenAt(endpointOf(first), { reusePort: true });
      assert.deepEqual(first.address, second.address);
      await closed(first);
      await closed(second);
    },
  );

  it("listens no more when it was called off", async () => {
    const listener = await listenAt(loopback);
    const at = endpointOf(listener);
    await closed(listener);
    const unwanted = (): never => assert.fail("it listens");
    network.listen(at, listenSettings, nobody)(unwanted, unwanted)();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await assert.rejects(ended(network.connect(at, connectSettings)), { code: "ECONNREFUSED" });
  });

  it("removes the file of its Unix socket when it is closed", needsUnix, async () => {
    const path = join(folder, "removed.sock");
    const listener = await listenAt({ path });
    assert.ok(statSync(path).isSocket());
    await closed(listener);
    assert.ok(!existsSync(path));
  });

  it(
    "tells the socket file of a program that has ended from one in use, and removes neither",
    needsUnix,
    async () => {
      const live = join(folder, "live.sock");
      const listener = await listenAt({ path: live });
      await assert.rejects(listenAt({ path: live }), { code: "EADDRINUSE" });
      await closed(listener);
      const stale = join(folder, "stale.sock");
      const program = `require("node:net").createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, "SIGKILL"))`;
      const name = join(folder, "dies.cjs");
      writeFileSync(name, program);
      await outcome(process.execPath, runArgs(name));
      assert.ok(statSync(stale).isSocket());
      await assert.rejects(listenAt({ path: stale }), {
        code: "EEXIST",
        message: `the socket at ${stale} was left behind by a program that has ended. Remove the file`,
      });
      assert.ok(statSync(stale).isSocket());
    },
  );

  it(
    "counts a program as living that is too busy to accept",
    { skip: process.platform !== "linux" },
    async () => {
      const path = join(folder, "busy.sock");
      const busy = createServer();
      busy.listen({ path, backlog: 1 });
      await once(busy, "listening");
      // In this very step nobody accepts.
      const clients = Array.from({ length: 8 }, () => connect({ path }).on("error", () => {}));
      const inUse = Object.assign(new Error("in use"), { code: "EADDRINUSE" });
      const said = new Promise((resolve) => explainInUse(inUse, { path }, resolve));
      assert.equal(await said, inUse);
      for (const client of clients) client.destroy();
      busy.close();
      await once(busy, "close");
    },
  );

  it("says that a file in its place is no socket", needsUnix, async () => {
    const path = join(folder, "text");
    writeFileSync(path, "text");
    await assert.rejects(listenAt({ path }), { code: "EEXIST", message: /that is no socket/ });
  });

  it("survives a lack of descriptors, and accepts again", needsUnix, async () => {
    const program = join(import.meta.dirname, "few-descriptors.ts");
    // Each connection takes two: with one limit it is the client that finds none left, with the other the server.
    for (const limit of [64, 65]) {
      const command = [`ulimit -n ${limit}; exec "$@"`, "sh", process.execPath, ...runArgs(program)];
      const { text, code } = await outcome("sh", ["-c", ...command]);
      assert.match(text, /^refused with E[A-Z]+, and accepted again$/m);
      assert.equal(code, 0);
    }
  });
});
