/** Who a request comes from, and what is told about it: proxies, ids, the access log, TLS, Unix sockets. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgument, sleep } from "../../../src/index.ts";
import {
  HttpHeaders,
  serve,
  type Handler,
  type HttpRequest,
  type ServeOptions,
} from "../../../src/http.ts";
import { temporaryDirectory } from "../../../src/io.ts";
import { testCertificate } from "../../../src/testing.ts";
import { IpRange, ipNumber } from "../../../src/http/server/ip-range.ts";
import {
  ProxyTrust,
  type ProxyHeader,
  type TrustedProxies,
} from "../../../src/http/server/proxy-trust.ts";
import { get, RawClient } from "./raw-client.ts";
import { client, law, local, timed, withServer } from "./worlds.ts";
import { logTexts } from "../../log-texts.ts";

describe("An IP range", () => {
  it("has the addresses that begin like it, IPv4 and IPv6", () => {
    const has = (range: string, address: string): boolean =>
      new IpRange("test", range).has(ipNumber(address) ?? -1n);
    for (const [range, address] of [
      ["10.0.0.0/8", "10.255.0.1"],
      ["10.1.2.3", "10.1.2.3"],
      ["0.0.0.0/0", "1.2.3.4"],
      ["10.0.0.0/8", "::ffff:10.1.1.1"],
      ["fd00::/8", "fd12:3456::1"],
      ["::1", "0:0:0:0:0:0:0:1"],
      ["2001:db8::/33", "2001:db8:7fff::"],
      ["::/0", "10.0.0.1"],
      ["fe80::/10", "fe80::1%eth0"],
    ] as const)
      assert.ok(has(range, address), `${address} in ${range}`);
    for (const [range, address] of [
      ["10.0.0.0/8", "11.0.0.0"],
      ["10.1.2.3", "10.1.2.4"],
      ["fd00::/8", "fe00::"],
      ["2001:db8::/33", "2001:db8:8000::"],
      ["0.0.0.0/0", "::1"],
    ] as const)
      assert.ok(!has(range, address), `${address} not in ${range}`);
    for (const wrong of [
      "",
      "x",
      "10.0.0.0/",
      "10.0.0.0/33",
      "::/129",
      "10.0.0.0/8/8",
      "1.2.3",
      "10.0.0.0/-1",
    ])
      assert.throws(() => new IpRange("test", wrong), InvalidArgument, wrong);
  });
});

describe("Trust in proxies", () => {
  const peer = { host: "10.0.0.1", port: 1 };
  const origin = (
    proxies: TrustedProxies,
    fields: Record<string, string>,
    header: ProxyHeader = "x-forwarded",
    remote: Parameters<ProxyTrust["originOf"]>[1] = peer,
  ) => new ProxyTrust(proxies, header).originOf(HttpHeaders.from(fields), remote);

  it("takes the address that the last trusted proxy was asked from, and not what the client made up before it", () => {
    const fields = { "x-forwarded-for": "6.6.6.6, 1.2.3.4, 10.0.0.2" };
    assert.equal(origin(["10.0.0.0/8"], fields).address, "1.2.3.4");
    assert.equal(origin(["10.0.0.1"], fields).address, "10.0.0.2");
    assert.equal(origin(1, fields).address, "10.0.0.2");
    assert.equal(origin(2, fields).address, "1.2.3.4");
    assert.equal(origin(9, fields).address, "6.6.6.6");
    assert.equal(origin(0, fields).address, "10.0.0.1");
    assert.equal(origin([], fields).address, "10.0.0.1");
    assert.equal(origin(["1.1.1.1"], fields).address, "10.0.0.1", "the peer is no proxy");
    assert.equal(origin(1, {}).address, "10.0.0.1");
  });

  it("takes scheme and host of the same proxy, or of the last one where there is one value", () => {
    const fields = {
      "x-forwarded-for": "6.6.6.6, 1.2.3.4",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.example",
    };
    const { scheme, host } = origin(1, fields);
    assert.deepEqual([scheme, host], ["https", "shop.example"]);
    const odd = origin(1, { ...fields, "x-forwarded-proto": "javascript", "x-forwarded-host": "a b" });
    assert.deepEqual([odd.scheme, odd.host], [null, null]);
  });

  it("stops where a field makes no sense", () => {
    for (const value of ["unknown", "_hidden", "1.2.3", "", "1.2.3.4 5", "[::1", "::1]:80"])
      assert.equal(origin(2, { "x-forwarded-for": `9.9.9.9, ${value}` }).address, "10.0.0.1", value);
    assert.equal(origin(1, { "x-forwarded-for": "1.2.3.4:567" }).address, "1.2.3.4");
    assert.equal(origin(1, { "x-forwarded-for": "[2001:db8::1]:80" }).address, "2001:db8::1");
  });

  it("reads Forwarded where that is what the proxies set, and then nothing else", () => {
    const fields = {
      forwarded:
        'for=6.6.6.6;proto=http, for="[2001:db8::7]:1234";proto=https;host="shop.example:8443";by="a,b"',
      "x-forwarded-for": "7.7.7.7",
    };
    assert.deepEqual(origin(1, fields, "forwarded"), {
      address: "2001:db8::7",
      scheme: "https",
      host: "shop.example:8443",
    });
    assert.equal(origin(1, fields).address, "7.7.7.7");
    assert.equal(origin(1, { forwarded: 'for="1.2.3.4' }, "forwarded").address, "10.0.0.1");
  });

  it("trusts whoever comes through a Unix socket where it is told so", () => {
    const fields = { "x-forwarded-for": "1.2.3.4" };
    assert.equal(origin(["unix"], fields, "x-forwarded", { path: "/s" }).address, "1.2.3.4");
    assert.equal(origin(["10.0.0.0/8"], fields, "x-forwarded", { path: "/s" }).address, "unix");
  });
});

/** What a handler sees of a request, over a connection from 127.0.0.1. */
async function seen<T>(
  look: (request: HttpRequest) => T,
  text: string,
  options: ServeOptions = {},
): Promise<T> {
  const results: T[] = [];
  await withServer(
    (request) => void results.push(look(request)),
    async (one) => {
      assert.equal((await one.ask(text)).status, 204);
    },
    options,
  );
  return results[0] as T;
}

describe("A request", () => {
  law("is taken apart", async () => {
    const look = (request: HttpRequest) => ({
      method: request.method,
      target: request.target,
      path: request.path,
      query: [...request.query],
      url: request.url.href,
      version: request.version,
      host: request.host,
      scheme: request.scheme,
      client: request.clientAddress,
      agent: request.headers.get("user-agent"),
    });
    assert.deepEqual(
      await seen(look, get("/a%20b/c?x=1&x=2%263#", "User-Agent: me\r\n").replace("#", "")),
      {
        method: "GET",
        target: "/a%20b/c?x=1&x=2%263",
        path: "/a%20b/c",
        query: [
          ["x", "1"],
          ["x", "2&3"],
        ],
        url: "http://test/a%20b/c?x=1&x=2%263",
        version: "1.1",
        host: "test",
        scheme: "http",
        client: "127.0.0.1",
        agent: "me",
      },
    );
    const absolute = await seen(look, "GET http://other:81//evil?q HTTP/1.1\r\nHost: other:81\r\n\r\n");
    assert.deepEqual([absolute.path, absolute.url], ["//evil", "http://other:81//evil?q"]);
    const options = await seen(look, "OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n");
    assert.deepEqual([options.target, options.path], ["*", "*"]);
    const old = await seen(look, "GET / HTTP/1.0\r\n\r\n");
    assert.deepEqual([old.version, old.host, old.url], ["1.0", "", "http://localhost/"]);
  });

  law("believes proxies only where it is told to", async () => {
    const look = (request: HttpRequest) => [
      request.clientAddress,
      request.scheme,
      request.host,
      request.url.origin,
    ];
    const text = get(
      "/",
      "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\nX-Request-Id: abc-1\r\n",
    );
    assert.deepEqual(await seen(look, text), ["127.0.0.1", "http", "test", "http://test"]);
    assert.deepEqual(await seen(look, text, { trustProxy: ["127.0.0.1"] }), [
      "1.2.3.4",
      "https",
      "shop.example",
      "https://shop.example",
    ]);
    const id = (request: HttpRequest): string => request.id;
    assert.equal(await seen(id, text, { trustProxy: 1 }), "abc-1");
    assert.notEqual(await seen(id, text), "abc-1");
    assert.notEqual(await seen(id, text.replace("abc-1", "a b"), { trustProxy: 1 }), "a b");
    assert.equal(
      await seen(id, get("/", "Traceparent: t1\r\n"), { trustProxy: 1, requestIdHeader: "traceparent" }),
      "t1",
    );
  });

  law("has an id of its own, and keeps it", async () => {
    const ids: string[] = [];
    const handler: Handler = (request) => {
      ids.push(request.id, request.id);
    };
    await withServer(handler, async (one) => {
      await one.ask(get());
      await one.ask(get());
    });
    assert.equal(ids[0], ids[1]);
    assert.equal(ids[2], ids[3]);
    assert.notEqual(ids[0], ids[2]);
    assert.match(ids[0] ?? "", /^[a-z0-9]{7}-1$/);
  });
});

describe("The access log", () => {
  timed("has a line for each request when it is over, and none by default", async () => {
    const handler: Handler = async ({ path }) => {
      if (path === "/slow") await sleep(12);
      return path;
    };
    const texts = await logTexts(async () => {
      await withServer(
        handler,
        async (one) => {
          await one.ask(get('/fast?q="1'));
          await one.ask(get("/slow"));
          await one.send(get("/gone"));
          await one.stream.close();
          await sleep(1);
        },
        { accessLog: true },
      );
      await withServer(handler, async (one) => {
        await one.ask(get());
      });
    });
    assert.equal(texts.length, 3);
    assert.match(
      texts[0]!,
      /^TSY_HTTP_ACCESS 127\.0\.0\.1 "GET \/fast\?q=%221 HTTP\/1\.1" 200, 5 bytes, \d+ ms, \S+-1$/,
    );
    assert.match(texts[1]!, /"GET \/slow HTTP\/1\.1" 200, 5 bytes, 1[123] ms, \S+-2$/);
  });
});

describe("A server for https", () => {
  timed("speaks TLS, and says so of its requests", async () => {
    const certificate = testCertificate("shop");
    const handler: Handler = ({ scheme, tls }) => `${scheme} ${tls?.serverName}`;
    await using server = await serve(handler, {
      host: "shop",
      port: 443,
      tls: certificate,
      closeGraceMs: 0,
    });
    assert.equal(server.url, "https://shop:443");
    await using one = await RawClient.to(
      { host: "shop", port: 443 },
      { tls: { ca: certificate.certificate } },
    );
    assert.equal((await one.ask(get())).body, "https shop");
  });

  timed("closes a connection whose handshake takes too long, or is none", async () => {
    const certificate = testCertificate("shop");
    await using server = await serve(() => "x", {
      host: "shop",
      port: 443,
      tls: certificate,
      closeGraceMs: 0,
    });
    await using silent = await RawClient.to(server.address);
    assert.equal(server.stats().connections, 1);
    await sleep(10_100);
    assert.deepEqual([server.stats().connections, server.stats().handshakeErrors], [0, 1]);
    await using plain = await RawClient.to(server.address);
    await plain.send(get());
    await sleep(10);
    assert.deepEqual([server.stats().connections, server.stats().handshakeErrors], [0, 2]);
    await silent.stream.close();
  });

  timed("calls handshakes off when it is closed", async () => {
    const server = await serve(() => "x", { host: "shop", port: 443, tls: testCertificate("shop") });
    await using silent = await RawClient.to(server.address);
    await server.close({ drainMs: 100 });
    assert.equal(server.stats().connections, 0);
    await silent.stream.close();
  });
});

describe("A server's address", () => {
  it("can be a Unix socket", async () => {
    await using folder = await temporaryDirectory();
    const path = `${folder.path}/http.sock`;
    await using server = await serve(({ clientAddress }) => clientAddress, { path, closeGraceMs: 0 });
    assert.deepEqual([server.port, server.url], [0, "http://localhost"]);
    await using one = await client(server);
    assert.equal((await one.ask(get())).body, "unix");
  });

  it("is all addresses of the machine by default", async () => {
    await using server = await serve(() => "here", { closeGraceMs: 0 });
    assert.equal(server.url, `http://localhost:${server.port}`);
    await using one = await RawClient.to({ host: "127.0.0.1", port: server.port });
    assert.equal((await one.ask(get())).body, "here");
  });

  it("is of use at once, and free again when it is closed", async () => {
    const first = await local(() => "first");
    const { port } = first;
    await first.close();
    await using second = await local(() => "second", { port });
    await using one = await client(second);
    assert.equal((await one.ask(get("/", "Connection: close\r\n"))).body, "second");
  });
});

describe("A host that is none for a URL", () => {
  law("gets 400 where the URL is asked for, not 500", async () => {
    await withServer(
      ({ url }) => url.href,
      async (one, server) => {
        const request = "GET / HTTP/1.1\r\nHost: 1.2.3.256\r\n\r\n";
        assert.equal((await one.ask(request)).status, 400);
        assert.equal(server.stats().failed, 0);
      },
    );
  });
});
