/** Rows of the client's matrix in `docs/http-comparison.md`: how its connections are made, shared, and watched. */
import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import process from "node:process";
import { describe, it } from "node:test";
import { all, sleep, TimeoutError, withTimeout } from "../../../src/index.ts";
import {
  HttpClient,
  HttpRequestFailed,
  HttpTimeout,
  serve,
  StatusError,
  type ClientEvent,
  type ClientTrace,
} from "../../../src/http.ts";
import {
  CachingResolver,
  TlsFailed,
  withNetwork,
  type ResolvedAddress,
  type Resolver,
} from "../../../src/io.ts";
import { virtual } from "../../../src/testing.ts";
import { authority, client, clientAuthority, local } from "../../io/net/certificates.ts";
import { ScriptedNetwork } from "../../io/net/scripted-network.ts";
import { clientOf, failureOf, offline, ok, rawServer } from "../client/raw-server.ts";

/** The same address for every name, after a millisecond. */
class OneAddress implements Resolver {
  readonly asked: string[] = [];

  async resolve(host: string): Promise<readonly ResolvedAddress[]> {
    this.asked.push(host);
    await sleep(1);
    return [{ address: "127.0.0.1", family: 4 }];
  }
}

describe("The connections of a client", () => {
  it(
    "are at most maxConnectionsPerOrigin to one origin; another one is not held up",
    offline(async () => {
      await using shop = await rawServer(async () => {
        await sleep(10);
        return ok("shop");
      });
      await using other = await rawServer(() => ok("other"), { host: "other", port: 80 });
      await using http = clientOf({ maxConnectionsPerOrigin: 2 });
      const order: string[] = [];
      const ask = (url: string) => async (): Promise<void> => {
        order.push(await http.get(url).text());
      };
      await all([...Array.from({ length: 4 }, () => ask(shop.url)), ask(other.url)]);
      assert.deepEqual(order, ["other", "shop", "shop", "shop", "shop"]);
      assert.equal(shop.connections, 2);
    }),
  );

  it("go where a resolver of one's own says, and a cache is asked but once", async () => {
    await using server = await serve(({ host }) => host, { host: "127.0.0.1" });
    const resolver = new OneAddress();
    await using http = new HttpClient({ resolver: new CachingResolver(resolver), keepAliveMs: 0 });
    for (let n = 0; n < 3; n++)
      assert.equal(await http.get(`http://shop.test:${server.port}/`).text(), `shop.test:${server.port}`);
    assert.deepEqual(resolver.asked, ["shop.test"]);
  });

  it(
    "are tried at the next address after attemptDelayMs",
    virtual(async () => {
      const addresses: readonly ResolvedAddress[] = [
        { address: "2001:db8::1", family: 6 },
        { address: "10.0.0.1", family: 4 },
      ];
      const network = new ScriptedNetwork({
        names: { shop: { ms: 0, value: addresses } },
        peers: { "10.0.0.1:80": { ms: 1, value: true } },
      });
      await withNetwork(network, async () => {
        await using http = clientOf({ attemptDelayMs: 40, firstByteMs: 100 });
        const error = await failureOf(http.get("/"));
        assert.ok(error instanceof HttpTimeout);
        assert.deepEqual(network.begun, ["resolve shop", "[2001:db8::1]:80", "10.0.0.1:80"]);
        assert.deepEqual([error.limit, error.timings.connectionMs], ["firstByteMs", 41]);
      });
    }),
  );

  it("come from localAddress", { skip: process.platform !== "linux" }, async () => {
    await using server = await serve(({ clientAddress }) => clientAddress, { host: "127.0.0.1" });
    await using http = new HttpClient({ baseUrl: server.url, localAddress: "127.0.0.2" });
    assert.equal(await http.get("/").text(), "127.0.0.2");
  });

  it("show the server a certificate, trust authorities of one's own, and check the name that is asked for", async () => {
    await using server = await serve(({ tls }) => String(tls?.protocol), {
      host: "127.0.0.1",
      tls: { ...local, ca: clientAuthority, clientCertificate: "require" },
    });
    const url = `https://127.0.0.1:${server.port}/`;
    await using known = new HttpClient({ tls: { ...client, ca: authority, serverName: "localhost" } });
    assert.match(await known.get(url).text(), /^TLSv1\.[23]$/);
    await using unknown = new HttpClient({ tls: { ca: authority } });
    assert.ok((await failureOf(unknown.get(url).text())) instanceof HttpRequestFailed);
    await using misled = new HttpClient({ tls: { ...client, ca: authority, serverName: "shop.test" } });
    assert.ok((await failureOf(misled.get(url).text())).cause instanceof TlsFailed);
  });
});

describe("A deadline", () => {
  it(
    "goes from the caller through the client and the handler to the client in it",
    offline(async () => {
      const ended: string[] = [];
      const slow = async (name: string): Promise<string> => {
        try {
          await sleep(60_000);
          return name;
        } finally {
          ended.push(name);
        }
      };
      await using back = await serve(() => slow("back"), { host: "back", port: 80, closeGraceMs: 0 });
      await using http = new HttpClient();
      const through = async (): Promise<string> => {
        try {
          return await http.get("http://back/").text();
        } finally {
          ended.push("front");
        }
      };
      await using front = await serve(through, { host: "front", port: 80, closeGraceMs: 0 });
      await assert.rejects(
        withTimeout(50, () => http.get("http://front/").text()),
        TimeoutError,
      );
      await sleep(10);
      assert.deepEqual(ended.sort(), ["back", "front"]);
      assert.deepEqual([front.stats().inFlight, back.stats().inFlight], [0, 0]);
    }),
  );

  it(
    "that a server sets with handlerMs is obeyed by the client in its handler",
    offline(async () => {
      await using back = await rawServer(() => sleep(60_000));
      await using http = clientOf();
      const through = (): Promise<string> => http.get(back.url).text();
      await using front = await serve(through, {
        host: "front",
        port: 80,
        closeGraceMs: 0,
        handlerMs: 50,
      });
      assert.equal((await http.get("http://front/")).status, 503);
      assert.equal(front.stats().inFlight, 0);
      await sleep(1);
      assert.equal(http.stats().open, http.stats().idle);
    }),
  );
});

/** What is told while `body` runs, in order. */
async function events(body: () => Promise<void>): Promise<Array<ClientTrace & { event: ClientEvent }>> {
  const names: readonly ClientEvent[] = [
    "start",
    "queued",
    "connect",
    "connected",
    "sent",
    "head",
    "end",
    "failed",
  ];
  const seen: Array<ClientTrace & { event: ClientEvent }> = [];
  const ends = names.map((event) => {
    const at = channel(`tsyncio:http.client.${event}`);
    const listener = (trace: unknown): void => void seen.push({ ...(trace as ClientTrace), event });
    at.subscribe(listener);
    return (): void => {
      at.unsubscribe(listener);
    };
  });
  try {
    await body();
  } finally {
    for (const end of ends) end();
  }
  return seen;
}

describe("The events of a request", () => {
  it(
    "tell of each of its phases, and of those of a kept connection",
    offline(async () => {
      await using server = await rawServer(async () => {
        await sleep(10);
        return ok("hello");
      });
      await using http = new HttpClient();
      const seen = await events(async () => {
        await http.get("http://me:secret@shop/a").text();
        await http.get("http://shop/b").text();
      });
      assert.deepEqual(
        seen.map(({ event, url }) => `${event} ${url}`),
        [
          ...["start", "connect", "connected", "sent", "head", "end"].map(
            (each) => `${each} http://shop/a`,
          ),
          ...["start", "sent", "head", "end"].map((each) => `${each} http://shop/b`),
        ],
      );
      assert.deepEqual(
        seen.filter(({ event }) => event === "sent").map(({ isReused }) => isReused),
        [false, true],
      );
      const [start] = seen;
      const head = seen.find(({ event }) => event === "head");
      assert.deepEqual([start?.method, start?.attempt, head?.status], ["GET", 1, 200]);
      assert.ok((head?.atMs ?? 0) - (start?.atMs ?? 0) >= 10);
      assert.equal(server.connections, 1);
    }),
  );

  it(
    "tell of the wait for a connection, and of failures",
    offline(async () => {
      await using server = await rawServer(({ head }) => {
        if (head.includes("/lost")) return null;
        return ok("");
      });
      await using http = clientOf({ maxConnections: 1 });
      const seen = await events(async () => {
        const first = http.get("/first").text();
        const second = http.get("/second").text();
        await first;
        await second;
        await failureOf(http.post("/lost"));
      });
      const of = (path: string): string[] =>
        seen.filter(({ url }) => url.endsWith(path)).map(({ event }) => event);
      assert.ok(of("/second").includes("queued"), of("/second").join());
      assert.deepEqual(of("/lost").slice(-1), ["failed"]);
      assert.ok(seen.at(-1)?.error instanceof HttpRequestFailed);
      assert.ok(server.connections >= 1);
    }),
  );
});

describe("A StatusError", () => {
  it(
    "says of which request it tells, what was answered, and how the answer begins",
    offline(async () => {
      await using server = await rawServer(
        () =>
          'HTTP/1.1 422 Unprocessable Content\r\nContent-Type: application/problem+json\r\nX-Id: 7\r\nContent-Length: 18\r\n\r\n{"title":"no name"',
      );
      await using http = clientOf();
      const error = await failureOf(http.put("http://me:secret@shop/a", { throwOnStatus: true }));
      assert.ok(error instanceof StatusError);
      assert.deepEqual(
        [error.method, error.url, error.attempt, error.status, error.headers.get("x-id"), error.excerpt],
        ["PUT", "http://shop/a", 1, 422, "7", '{"title":"no name"'],
      );
      assert.ok(!error.message.includes("secret"));
      assert.equal(server.connections, 1);
    }),
  );
});
