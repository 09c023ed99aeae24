import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { InvalidArgument } from "../../../src/index.ts";
import { listen, withNetwork } from "../../../src/io.ts";
import { MemoryNetwork, simulate, virtual } from "../../../src/testing.ts";
import { serverSuite } from "./server-suite.ts";

serverSuite({ name: "the platform's network", test: (body) => body, floodBytes: 8_000_000 });
serverSuite({
  name: "a network in memory",
  test: (body) => virtual(() => withNetwork(new MemoryNetwork(), body)),
  floodBytes: 800_000,
});
serverSuite({
  name: "a network in memory, under other schedules",
  test: (body) => simulate({ runs: 5 }, () => withNetwork(new MemoryNetwork(), body)),
  floodBytes: 800_000,
});
serverSuite({
  name: "the simulated network",
  test: (body) => simulate({ runs: 10 }, body),
  floodBytes: 800_000,
});

describe("withNetwork", () => {
  it("refuses what is no network", () => {
    for (const network of [5, null, {}])
      assert.throws(() => withNetwork(network as never, () => 1), InvalidArgument);
  });
});

describe("listen", () => {
  const at = { host: "127.0.0.1", port: 0 };
  const handler = (): void => {};

  it("refuses addresses, handlers and limits that it cannot work with, and names them", () => {
    const refused = (call: () => unknown, what: RegExp): void => {
      assert.throws(call, (error) => error instanceof InvalidArgument && what.test(error.message));
    };
    refused(() => listen({ host: "127.0.0.1", port: 65_536 }, handler), /port.*65536/);
    refused(() => listen({ port: -1 }, handler), /port.*-1/);
    refused(() => listen({ host: "", port: 0 }, handler), /host/);
    refused(() => listen({ path: "" }, handler), /path/);
    refused(() => listen("127.0.0.1:80" as never, handler), /address/);
    refused(() => listen(null as never, handler), /address/);
    refused(() => listen(at, undefined as never), /handler/);
    refused(() => listen(at, handler, { onError: "log" as never }), /onError.*log/);
    refused(() => listen(at, handler, { tls: true as never }), /tls of listen/);
    refused(() => listen(at, handler, { tls: {} as never }), /no certificate/);
    refused(() => listen(at, handler, { tls: { certificate: "x" } as never }), /without its key/);
    refused(() => listen(at, handler, { maxConnections: -1 }), /maxConnections.*-1/);
    refused(() => listen(at, handler, { maxConnections: 1.5 }), /maxConnections/);
    refused(() => listen(at, handler, { drainMs: Number.NaN }), /drainMs/);
    refused(() => listen(at, handler, { backlog: 0 }), /backlog/);
    refused(() => listen(at, handler, { keepAliveMs: "1" as never }), /keepAliveMs/);
  });
});
