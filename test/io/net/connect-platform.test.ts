/** connect on real sockets: what can go wrong there, and that nothing is left of it. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { Queue, withCancelScope, withTaskGroup } from "../../../src/index.ts";
import {
  bindUdp,
  connect,
  ConnectFailed,
  ConnectionRefused,
  ConnectionReset,
  listen,
  UnknownHost,
  type HostAddress,
} from "../../../src/io.ts";
import { authority, local } from "./certificates.ts";

const at = { host: "127.0.0.1", port: 0 };
const onLinux = { skip: process.platform !== "linux" };

/** An address where nobody listens. */
async function deserted(): Promise<HostAddress> {
  const server = await listen(at, () => {});
  const address = { ...at, port: server.port };
  await server.close();
  return address;
}

async function failureOf<E extends Error>(
  kind: abstract new (...args: never[]) => E,
  promise: Promise<unknown>,
): Promise<E> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof kind, String(error));
    return error;
  }
  throw new Error("it did not fail");
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits until the process has as few descriptors as before; the platform closes some of them in later turns. */
async function settles(count: () => number, most: number): Promise<number> {
  for (let n = 0; n < 2_000 && count() > most; n++) await turn();
  return count();
}

const descriptors = (): number => readdirSync("/proc/self/fd").length;

describe("connect on the platform's sockets", () => {
  it("says that nobody listens there", async () => {
    const address = await deserted();
    const refused = await failureOf(ConnectionRefused, connect(address));
    assert.match(refused.message, new RegExp(`127\\.0\\.0\\.1:${address.port} refused the connection`));
    const named = await failureOf(ConnectionRefused, connect({ ...address, host: "localhost" }));
    assert.match(named.address, /^localhost:\d+ \(.+\)$/);
  });

  it("says that there is no such host", async () => {
    const error = await failureOf(UnknownHost, connect({ host: "nowhere.invalid", port: 80 }));
    assert.match(error.message, /"nowhere\.invalid"/);
  });

  it("says that there is no such Unix socket", { skip: process.platform === "win32" }, async () => {
    const path = join(tmpdir(), "tsyncio-no-such.sock");
    const error = await failureOf(ConnectFailed, connect({ path }));
    assert.equal(error.systemCode, "ENOENT");
    assert.match(error.message, /is the server running\?/);
  });

  it("says that a local address is not this machine's", async () => {
    await using server = await listen(at, () => {});
    const options = { localAddress: "192.0.2.1" };
    await failureOf(ConnectFailed, connect({ ...at, port: server.port }, options));
  });

  it("connects from the local address and port that it is given", onLinux, async () => {
    const seen = new Queue<unknown>({ capacity: 1 });
    await using server = await listen(at, (stream) => seen.put(stream.remote));
    await using stream = await connect({ ...at, port: server.port }, { localAddress: "127.0.0.2" });
    assert.equal("host" in stream.local && stream.local.host, "127.0.0.2");
    assert.deepEqual(await seen.get(), stream.local);
  });

  it("tells a reset in the middle of a read from the end of the data", async () => {
    await using server = await listen(at, async (stream) => {
      await stream.readLine();
      stream.abort();
    });
    await using stream = await connect({ ...at, port: server.port });
    await stream.write("go\n");
    const error = await failureOf(ConnectionReset, stream.readAll());
    assert.equal(error.systemCode, "ECONNRESET");
    assert.equal(error.address, `127.0.0.1:${server.port}`);
  });

  it("tells a reset in the middle of a write", async () => {
    await using server = await listen(at, async (stream) => {
      await stream.readExactly(1_000);
      stream.abort();
    });
    await using stream = await connect({ ...at, port: server.port });
    const writing = async (): Promise<void> => {
      for (;;) await stream.write(new Uint8Array(100_000));
    };
    await failureOf(ConnectionReset, writing());
  });

  it("can still be written to when the peer has ended its data", async () => {
    const got = new Queue<string>({ capacity: 1 });
    await using server = await listen(at, async (stream) => {
      await stream.end();
      await got.put(await stream.readText());
    });
    await using stream = await connect({ ...at, port: server.port });
    assert.equal(await stream.readText(), "");
    await stream.write("late, and heard");
    await stream.end();
    assert.equal(await got.get(), "late, and heard");
  });

  it("leaves no descriptor, whether it connects, fails, or is cancelled", onLinux, async () => {
    const nowhere = await deserted();
    await using server = await listen(at, (stream) => stream.readAll(), { drainMs: 0 });
    await using secure = await listen(at, (stream) => stream.readAll(), { tls: local, drainMs: 0 });
    const there = { ...at, port: server.port };
    const trusted = { tls: { ca: authority } };
    const round = async (): Promise<void> => {
      await (await connect(there)).close();
      await (await connect({ ...at, port: secure.port }, trusted)).close();
      await (await bindUdp(at)).close();
      await connect(nowhere).catch(() => {});
      await connect({ ...at, port: secure.port }, { tls: true }).catch(() => {});
      await connect(there, { tls: true, connectMs: 0 }).catch(() => {});
      await withTaskGroup(async (group) => {
        for (let turns = 0; turns < 4; turns++)
          group.spawn(() =>
            withCancelScope(async (scope) => {
              group.spawn(async () => {
                for (let n = 0; n < turns; n++) await turn();
                scope.cancel();
              });
              await using stream = await connect({ ...at, port: secure.port }, trusted);
              await stream.read();
            }),
          );
      });
    };
    await round();
    await settles(() => server.stats().connections + secure.stats().connections, 0);
    const before = descriptors();
    for (let n = 0; n < 10; n++) await round();
    assert.equal(await settles(() => server.stats().connections + secure.stats().connections, 0), 0);
    const after = await settles(descriptors, before);
    assert.ok(after <= before, `${after} descriptors, ${before} before`);
  });

  const canSeeResources =
    "Bun" in globalThis || "Deno" in globalThis ? "the runtime does not list what keeps it alive" : false;

  it("leaves nothing that keeps the process alive", { skip: canSeeResources }, async () => {
    const handles = (): number =>
      process.getActiveResourcesInfo().filter((name) => /^(?:TCP|TLS|UDP|Pipe|GetAddrInfo)/.test(name))
        .length;
    const before = handles();
    const server = await listen(at, (stream) => stream.readAll());
    const stream = await connect({ host: "localhost", port: server.port });
    const socket = await bindUdp(at);
    assert.ok(handles() > before);
    await socket.close();
    await stream.close();
    await server.close();
    assert.ok((await settles(handles, before)) <= before);
  });
});
