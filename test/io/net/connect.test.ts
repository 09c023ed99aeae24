import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { suppressedErrors, withTimeoutOr } from "../../../src/index.ts";
import {
  connect,
  ConnectFailed,
  ConnectionRefused,
  TlsFailed,
  UnknownHost,
  withNetwork,
} from "../../../src/io.ts";
import type { ByteStream, ConnectOptions } from "../../../src/io.ts";
import type { ResolvedAddress } from "../../../src/io/net/network.ts";
import { virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";
import { ScriptedNetwork, type Scripts } from "./scripted-network.ts";

const four = (n: number): ResolvedAddress => ({ address: `10.0.0.${n}`, family: 4 });
const six = (n: number): ResolvedAddress => ({ address: `fd00::${n}`, family: 6 });
const shop = { host: "shop", port: 80 };

/** A host with three addresses, which are found at once. */
const names: Scripts["names"] = { shop: { ms: 0, value: [four(1), four(2), four(3)] } };

function connectTo(network: ScriptedNetwork, options: ConnectOptions = {}): Promise<ByteStream> {
  return withNetwork(network, () => connect(shop, options));
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}

function assertNothingOpen(network: ScriptedNetwork): void {
  assert.deepEqual({ pending: network.pending, open: network.open }, { pending: 0, open: 0 });
}

/** A platform that throws at once what others tell later. */
class HastyNetwork extends ScriptedNetwork {
  override connect(
    ...asked: Parameters<ScriptedNetwork["connect"]>
  ): ReturnType<ScriptedNetwork["connect"]> {
    const begin = super.connect(...asked);
    const [to] = asked;
    if (!("address" in to) || to.address !== "10.0.0.2") return begin;
    return () => {
      throw Object.assign(new Error("thrown"), { code: "EADDRNOTAVAIL" });
    };
  }
}

describe("connect", () => {
  it(
    "goes on with the next address when an attempt throws at once",
    virtual(async (time) => {
      const peers = { "10.0.0.3:80": { ms: 10 } };
      const network = new HastyNetwork({ names, peers });
      const stream = await connectTo(network);
      assert.deepEqual(stream.remote, { host: "10.0.0.3", port: 80 });
      assert.equal(time.now(), 260);
      await stream.close();
      assertNothingOpen(network);
    }),
  );

  it(
    "connects to the first address, and tries no other",
    virtual(async () => {
      const network = new ScriptedNetwork({ names, peers: { "10.0.0.1:80": { ms: 100 } } });
      const stream = await connectTo(network);
      assert.deepEqual(stream.remote, { host: "10.0.0.1", port: 80 });
      assert.deepEqual(network.begun, ["resolve shop", "10.0.0.1:80"]);
      await stream.close();
      assertNothingOpen(network);
    }),
  );

  it(
    "tries the next address after 250 ms, keeps the first that connects, and closes the others",
    virtual(async (time) => {
      const network = new ScriptedNetwork({ names, peers: { "10.0.0.3:80": { ms: 50 } } });
      const stream = await connectTo(network);
      assert.equal(time.now(), 550);
      assert.deepEqual(stream.remote, { host: "10.0.0.3", port: 80 });
      assert.deepEqual({ pending: network.pending, open: network.open }, { pending: 0, open: 1 });
      await stream.close();
    }),
  );

  it(
    "tries the next address at once when one fails",
    virtual(async (time) => {
      const peers = { "10.0.0.1:80": { ms: 10, code: "ECONNREFUSED" }, "10.0.0.2:80": { ms: 10 } };
      const stream = await connectTo(new ScriptedNetwork({ names, peers }));
      assert.equal(time.now(), 20);
      await stream.close();
    }),
  );

  it(
    "lets a slow first address win over a slower second one",
    virtual(async (time) => {
      const peers = { "10.0.0.1:80": { ms: 300 }, "10.0.0.2:80": { ms: 300 } };
      const network = new ScriptedNetwork({ names, peers });
      await using stream = await connectTo(network);
      assert.deepEqual([time.now(), stream.remote], [300, { host: "10.0.0.1", port: 80 }]);
      assert.equal(network.pending, 0);
    }),
  );

  it(
    "lets families take turns",
    virtual(async () => {
      const both: Scripts["names"] = { shop: { ms: 0, value: [six(1), six(2), four(1)] } };
      const network = new ScriptedNetwork({ names: both, peers: { "[fd00::2]:80": { ms: 1 } } });
      await using stream = await connectTo(network);
      assert.ok(stream);
      assert.deepEqual(network.begun.slice(1), ["[fd00::1]:80", "10.0.0.1:80", "[fd00::2]:80"]);
    }),
  );

  it(
    "throws the most telling error when all addresses fail, with the others",
    virtual(async () => {
      const peers = {
        "10.0.0.1:80": { ms: 1, code: "ENETUNREACH" },
        "10.0.0.2:80": { ms: 1, code: "ECONNREFUSED" },
        "10.0.0.3:80": { ms: 1, code: "ETIMEDOUT" },
      };
      const error = await failureOf(connectTo(new ScriptedNetwork({ names, peers })));
      assert.ok(error instanceof ConnectionRefused);
      assert.equal(error.address, "shop:80 (10.0.0.2)");
      const codes = suppressedErrors(error).errors.map((each) => (each as ConnectFailed).systemCode);
      assert.deepEqual(codes, ["ENETUNREACH", "ETIMEDOUT"]);
    }),
  );

  it(
    "gives up after connectMs, wherever it is, and says so",
    virtual(async (time) => {
      const slow: Scripts["names"] = { shop: { ms: 20_000, value: [four(1)] } };
      const network = new ScriptedNetwork({ names: slow });
      const error = await failureOf(connectTo(network));
      assert.ok(error instanceof ConnectFailed);
      assert.match(error.message, /cannot connect to shop:80: it took longer than 30000 ms/);
      assert.equal(time.now(), 30_000);
      assertNothingOpen(network);
    }),
  );

  it(
    "throws UnknownHost for a name without addresses",
    virtual(async () => {
      const network = new ScriptedNetwork({ names: { shop: { ms: 1, code: "EAI_AGAIN" } } });
      const error = await failureOf(connectTo(network));
      assert.ok(error instanceof UnknownHost);
      assert.equal(error.systemCode, "EAI_AGAIN");
      const empty = new ScriptedNetwork({ names: { shop: { ms: 1, value: [] } } });
      assert.ok((await failureOf(connectTo(empty))) instanceof UnknownHost);
    }),
  );

  it(
    "asks the resolver that it is given, and nobody where the host is an address",
    virtual(async () => {
      const network = new ScriptedNetwork({ peers: { "10.0.0.7:80": { ms: 1 } } });
      const resolver = { resolve: async () => [four(7)] };
      await (await connectTo(network, { resolver })).close();
      const silent = { resolve: () => Promise.reject(new Error("asked")) };
      await withNetwork(network, async () => {
        await (await connect({ host: "10.0.0.7", port: 80 }, { resolver: silent })).close();
      });
      assert.deepEqual(network.begun, ["10.0.0.7:80", "10.0.0.7:80"]);
    }),
  );

  it(
    "passes on how the socket is to be set up",
    virtual(async () => {
      const network = new ScriptedNetwork({ names, peers: { "10.0.0.1:80": { ms: 1 } } });
      const options = { noDelay: false, keepAliveMs: 5, localAddress: "10.0.0.9", localPort: 7 };
      await (await connectTo(network, options)).close();
      assert.deepEqual(network.settings, options);
    }),
  );

  it(
    "closes the connection when the TLS handshake fails or takes too long",
    virtual(async (time) => {
      const peers = { "10.0.0.1:80": { ms: 1 } };
      const broken = new ScriptedNetwork({
        names,
        peers,
        handshake: { ms: 1, code: "CERT_HAS_EXPIRED" },
      });
      const error = await failureOf(connectTo(broken, { tls: true }));
      assert.ok(error instanceof TlsFailed);
      assert.match(error.message, /the certificate has expired \(CERT_HAS_EXPIRED\)/);
      assertNothingOpen(broken);
      const silent = new ScriptedNetwork({ names, peers });
      const since = time.now();
      const late = await failureOf(connectTo(silent, { tls: true }));
      assert.match(late.message, /it took longer than 10000 ms/);
      assert.ok(Math.abs(time.now() - since - 10_001) < 2);
      assertNothingOpen(silent);
    }),
  );

  it(
    "leaves no connection and no attempt when it is cancelled at any step",
    everyStep(async (step) => {
      const peers = { "10.0.0.1:80": { ms: 400 }, "10.0.0.2:80": { ms: 300, code: "ECONNREFUSED" } };
      const network = new ScriptedNetwork({ names, peers });
      const outcome = await step.attempt(() => connectTo(network));
      if (!outcome.cancelled) await outcome.value.close();
      assertNothingOpen(network);
    }),
  );

  it(
    "leaves no connection when it is cancelled at any step with TLS",
    everyStep(async (step) => {
      const peers = { "10.0.0.1:80": { ms: 1 } };
      const network = new ScriptedNetwork({ names, peers, handshake: { ms: 1, value: true } });
      const outcome = await step.attempt(() => connectTo(network, { tls: true }));
      if (!outcome.cancelled) await outcome.value.close();
      assertNothingOpen(network);
    }),
  );

  it(
    "leaves no attempt when a limit around it ends while several run",
    virtual(async () => {
      const network = new ScriptedNetwork({ names });
      assert.equal(await withTimeoutOr(600, () => connectTo(network), "late"), "late");
      assert.equal(network.begun.length, 4);
      assertNothingOpen(network);
    }),
  );

  it("refuses bad arguments at the call", () => {
    const bad: Array<[unknown, ConnectOptions?]> = [
      [{ host: "", port: 80 }],
      [{ host: "shop", port: 0 }],
      [{ host: "shop", port: 65_536 }],
      [{ path: "" }],
      ["shop:80"],
      [shop, { connectMs: Number.NaN }],
      [shop, { localAddress: "shop" }],
      [shop, { localPort: -1 }],
      [shop, { tls: { certificate: "-" } }],
      [shop, { tls: { alpnProtocols: [""] } }],
    ];
    for (const [address, options] of bad)
      assert.throws(() => connect(address as never, options), { code: "TSY_INVALID_ARGUMENT" });
  });
});
