import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withCancelScope, withTaskGroup } from "../../../src/index.ts";
import {
  CachingResolver,
  connect,
  systemResolver,
  UnknownHost,
  withNetwork,
  withResolver,
  type ResolvedAddress,
  type Resolver,
} from "../../../src/io.ts";
import { virtual } from "../../../src/testing.ts";
import { everyStep } from "../../every-step.ts";
import { ScriptedNetwork } from "./scripted-network.ts";

const four = (n: number, ttlMs?: number): ResolvedAddress => ({
  address: `10.0.0.${n}`,
  family: 4,
  ...(ttlMs === undefined ? {} : { ttlMs }),
});

/** Answers after a millisecond with a new address each time, or with an error. */
class Counting implements Resolver {
  asked = 0;
  running = 0;
  readonly #ttlMs: number | undefined;
  readonly #error: (() => Error) | null;

  constructor(ttlMs?: number, error: (() => Error) | null = null) {
    this.#ttlMs = ttlMs;
    this.#error = error;
  }

  async resolve(): Promise<readonly ResolvedAddress[]> {
    this.asked++;
    this.running++;
    try {
      await sleep(1);
    } finally {
      this.running--;
    }
    if (this.#error !== null) throw this.#error();
    return [four(this.asked, this.#ttlMs)];
  }
}

const unknown = (code: string) => (): Error =>
  new UnknownHost("shop", Object.assign(new Error("no"), { code }));

describe("A caching resolver", () => {
  it(
    "remembers for ttlMs, and asks again then",
    virtual(async () => {
      const behind = new Counting();
      const resolver = new CachingResolver(behind, { ttlMs: 100 });
      assert.deepEqual(await resolver.resolve("shop"), [four(1)]);
      await sleep(99);
      assert.deepEqual(await resolver.resolve("SHOP."), [four(1)]);
      await sleep(1);
      assert.deepEqual(await resolver.resolve("shop"), [four(2)]);
      assert.deepEqual(resolver.stats(), { entries: 1, hits: 1, asked: 2 });
    }),
  );

  it(
    "remembers for as long as the record says, where it does",
    virtual(async () => {
      const behind = new Counting(10);
      const resolver = new CachingResolver(behind);
      await resolver.resolve("shop");
      await sleep(9);
      await resolver.resolve("shop");
      assert.equal(behind.asked, 1);
      await sleep(1);
      await resolver.resolve("shop");
      assert.equal(behind.asked, 2);
      const never = new CachingResolver(new Counting(0));
      await never.resolve("shop");
      assert.equal(never.stats().entries, 0);
    }),
  );

  it(
    "remembers for a short time that a host is unknown, and not that nobody could say",
    virtual(async () => {
      const gone = new Counting(undefined, unknown("ENOTFOUND"));
      const resolver = new CachingResolver(gone, { unknownTtlMs: 50 });
      await assert.rejects(resolver.resolve("shop"), UnknownHost);
      await assert.rejects(resolver.resolve("shop"), UnknownHost);
      assert.equal(gone.asked, 1);
      await sleep(50);
      await assert.rejects(resolver.resolve("shop"), UnknownHost);
      assert.equal(gone.asked, 2);
      for (const error of [unknown("EAI_AGAIN"), () => new Error("broken")]) {
        const failing = new Counting(undefined, error);
        const other = new CachingResolver(failing);
        await assert.rejects(other.resolve("shop"));
        await assert.rejects(other.resolve("shop"));
        assert.equal(failing.asked, 2);
      }
    }),
  );

  it(
    "forgets the host that was asked for longest ago when there are too many",
    virtual(async () => {
      const behind = new Counting();
      const resolver = new CachingResolver(behind, { maxEntries: 2 });
      for (const host of ["a", "b", "a", "c"]) await resolver.resolve(host);
      assert.equal(behind.asked, 3);
      await resolver.resolve("a");
      assert.equal(behind.asked, 3, "a was asked for after b");
      await resolver.resolve("b");
      assert.equal(behind.asked, 4);
      assert.equal(resolver.stats().entries, 2);
    }),
  );

  it(
    "forgets what it is told to",
    virtual(async () => {
      const behind = new Counting();
      const resolver = new CachingResolver(behind);
      for (const host of ["a", "b"]) await resolver.resolve(host);
      resolver.forget("A");
      for (const host of ["a", "b"]) await resolver.resolve(host);
      assert.equal(behind.asked, 3);
      resolver.forget();
      assert.equal(resolver.stats().entries, 0);
    }),
  );

  it(
    "asks once for all who ask at the same time, each of whom can be cancelled alone",
    virtual(async (time) => {
      const behind = new Counting();
      const resolver = new CachingResolver(behind);
      const answers: unknown[] = [];
      await withTaskGroup(async (group) => {
        const first = group.spawn(async () => {
          await withCancelScope((scope) => {
            group.spawn(() => scope.cancel());
            return resolver.resolve("shop");
          });
        });
        for (let n = 0; n < 3; n++) group.spawn(async () => answers.push(await resolver.resolve("shop")));
        await first.join();
        await time.settled();
      });
      assert.deepEqual([behind.asked, answers.length], [1, 3]);
    }),
  );

  it(
    "takes the question along when the last one who waits is cancelled, at any step",
    everyStep(async (step) => {
      const behind = new Counting();
      const resolver = new CachingResolver(behind);
      await step.attempt(() => resolver.resolve("shop"));
      await step.settled();
      assert.equal(behind.running, 0);
    }),
  );

  it("refuses bad options", () => {
    for (const options of [{ ttlMs: Number.NaN }, { unknownTtlMs: Number.NaN }, { maxEntries: -1 }])
      assert.throws(() => new CachingResolver(systemResolver, options), {
        code: "TSY_INVALID_ARGUMENT",
      });
  });
});

describe("The resolver of the system", () => {
  it("knows names below localhost, whatever a name server says", async () => {
    for (const host of ["localhost", "shop.localhost", "Shop.LOCALHOST."]) {
      const addresses = await systemResolver.resolve(host);
      assert.ok(addresses.length > 0, host);
      assert.ok(addresses.every(({ address }) => address === "127.0.0.1" || address === "::1"));
    }
  });

  it("throws UnknownHost for a name that nobody can have", async () => {
    await assert.rejects(systemResolver.resolve("nowhere.invalid"), (error) => {
      assert.ok(error instanceof UnknownHost);
      assert.equal(error.host, "nowhere.invalid");
      return true;
    });
  });

  it(
    "asks the network of the caller, and knows loopback where that does not",
    virtual(async () => {
      const network = new ScriptedNetwork({ names: { shop: { ms: 1, value: [four(1)] } } });
      await withNetwork(network, async () => {
        assert.deepEqual(await systemResolver.resolve("shop"), [four(1)]);
        const loopback = await systemResolver.resolve("a.localhost");
        assert.deepEqual(
          loopback.map(({ family }) => family),
          [4, 6],
        );
      });
      assert.deepEqual(network.begun, ["resolve shop", "resolve localhost"]);
    }),
  );
});

describe("withResolver", () => {
  it(
    "serves the calls inside, and no others; without one, answers are cached for each network",
    virtual(async () => {
      const peers = { "10.0.0.1:80": { ms: 1 }, "10.0.0.5:80": { ms: 1 } };
      const names = { shop: { ms: 1, value: [four(1)] } };
      const networks = [new ScriptedNetwork({ names, peers }), new ScriptedNetwork({ names, peers })];
      for (const network of networks)
        await withNetwork(network, async () => {
          for (let n = 0; n < 2; n++) await (await connect({ host: "shop", port: 80 })).close();
          const hosts = { resolve: async () => [four(5)] };
          await withResolver(hosts, async () => {
            await (await connect({ host: "shop", port: 80 })).close();
          });
        });
      for (const { begun } of networks)
        assert.deepEqual(begun, ["resolve shop", "10.0.0.1:80", "10.0.0.1:80", "10.0.0.5:80"]);
    }),
  );
});
