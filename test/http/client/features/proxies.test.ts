import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgument } from "../../../../src/index.ts";
import {
  HttpClient,
  HttpRequestFailed,
  ProxyFailed,
  retryRequests,
  type HttpClientOptions,
} from "../../../../src/http.ts";
import { listen, withNetwork, type Server, type TlsServerOptions } from "../../../../src/io.ts";
import { MemoryNetwork, testCertificate } from "../../../../src/testing.ts";
import { authority, local } from "../../../io/net/certificates.ts";
import { everyStep } from "../../../every-step.ts";
import { proxyPeer } from "./proxy-peer.ts";

/** A server that answers each request with its first line. */
async function origin(tls?: TlsServerOptions, at = { host: "127.0.0.1", port: 0 }): Promise<Server> {
  return listen(
    at,
    async (stream) => {
      for (;;) {
        const line = await stream.readLine();
        if (line === null) return;
        while ((await stream.readLine()) !== "");
        await stream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${line.length}\r\n\r\n${line}`);
      }
    },
    { drainMs: 0, onError: () => {}, ...(tls === undefined ? {} : { tls }) },
  );
}

const portOf = ({ address }: Server): number => ("port" in address ? address.port : 0);
const targetOf = (server: Server) => ({ host: "127.0.0.1", port: portOf(server) });
const tls = { ca: authority };

async function failureOf(promise: PromiseLike<unknown>): Promise<ProxyFailed> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof HttpRequestFailed, String(error));
    assert.equal(error.phase, "connect");
    assert.equal(error.wasSent, false);
    assert.ok(error.cause instanceof ProxyFailed, String(error.cause));
    return error.cause;
  }
  throw new Error("it did not fail");
}

describe("A request by a proxy", () => {
  it("in the clear is given to the proxy whole, with the proxy's credentials, and one connection serves all hosts", async () => {
    await using server = await origin();
    await using proxy = await proxyPeer({ target: targetOf(server) });
    await using http = new HttpClient({ proxy: `http://ann:pw@127.0.0.1:${proxy.port}` });
    assert.equal(await http.get("http://a.example/x?y").text(), "GET /x?y HTTP/1.1");
    assert.match(proxy.heads[0] ?? "", /^GET http:\/\/a\.example\/x\?y HTTP\/1\.1\r\n/);
    assert.match(proxy.heads[0] ?? "", /\r\nhost: a\.example\r\n/i);
    assert.match(proxy.heads[0] ?? "", /\r\nproxy-authorization: Basic YW5uOnB3\r\n/i);
    // The peer passes bytes on, so the second whole request line reaches the server as it is.
    assert.equal(await http.get("http://b.example/z").text(), "GET http://b.example/z HTTP/1.1");
    assert.equal(proxy.connections(), 1);
  });

  it("by https goes through a tunnel, in which the proxy sees nothing", async () => {
    await using server = await origin(local);
    await using proxy = await proxyPeer({ target: targetOf(server) });
    await using http = new HttpClient({
      proxy: { url: `http://127.0.0.1:${proxy.port}`, credentials: { username: "ann", password: "pw" } },
      tls,
      auth: { bearer: "secret" },
    });
    assert.equal(await http.get("https://localhost:8443/x").text(), "GET /x HTTP/1.1");
    assert.equal(await http.get("https://localhost:8443/y").text(), "GET /y HTTP/1.1");
    assert.equal(proxy.heads.length, 1);
    const [head = ""] = proxy.heads;
    assert.match(head, /^CONNECT localhost:8443 HTTP\/1\.1\r\nhost: localhost:8443\r\n/i);
    assert.match(head, /\r\nproxy-authorization: Basic YW5uOnB3\r\n/i);
    assert.ok(!head.includes("secret"), head);
  });

  it("may reach the proxy itself by https, also with a tunnel inside", async () => {
    await using plain = await origin();
    await using secure = await origin(local);
    await using toPlain = await proxyPeer({ target: targetOf(plain), tls: local });
    await using toSecure = await proxyPeer({ target: targetOf(secure), tls: local });
    await using http = new HttpClient({ tls });
    const by = (port: number) => ({ proxy: { url: `https://localhost:${port}`, tls } });
    assert.equal(await http.get("http://a.example/", by(toPlain.port)).text(), "GET / HTTP/1.1");
    assert.equal(await http.get("https://localhost/", by(toSecure.port)).text(), "GET / HTTP/1.1");
  });

  it("fails with what the proxy says, and what to do about it", async () => {
    await using server = await origin();
    let reply: string | null = null;
    await using proxy = await proxyPeer({ target: targetOf(server), answer: () => reply });
    await using http = new HttpClient({ proxy: `http://u:secret@127.0.0.1:${proxy.port}`, tls });
    const failing = async (text: string): Promise<ProxyFailed> => {
      reply = text;
      const failure = await failureOf(http.get("https://a.example/"));
      assert.ok(!failure.message.includes("secret"), failure.message);
      assert.match(failure.message, /a\.example:443/);
      return failure;
    };
    const denied = await failing(
      "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
    );
    assert.equal(denied.status, 407);
    assert.match(denied.message, /user name and password/);
    assert.equal((await failing("HTTP/1.1 403 No\r\n\r\nnever read")).status, 403);
    assert.equal((await failing("HTTP/1.1 302 Found\r\nlocation: http://evil/\r\n\r\n")).status, 302);
    assert.equal((await failing("")).status, null);
    assert.match((await failing("SSH-2.0-x\r\n\r\n")).message, /no HTTP/);
    assert.match((await failing("HTTP/1.1 200 OK\r\nx")).message, /hung up/);
    assert.equal(http.stats().open, 0);
  });

  it("passes over interim answers, and hands on what comes right behind the answer", async () => {
    await using server = await origin(local);
    await using proxy = await proxyPeer({
      target: targetOf(server),
      answer: () => "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nno TLS at all",
    });
    await using http = new HttpClient({ proxy: `http://127.0.0.1:${proxy.port}`, tls });
    await assert.rejects(http.get("https://localhost/").text(), (error: Error) => {
      assert.equal((error.cause as { code?: string }).code, "TSY_TLS_FAILED", String(error.cause));
      return true;
    });
  });

  it("fails at once where the proxy speaks something else than HTTP from here on", async () => {
    await using server = await origin();
    await using proxy = await proxyPeer({
      target: targetOf(server),
      answer: () => "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nwhatever",
    });
    await using http = new HttpClient({ proxy: `http://127.0.0.1:${proxy.port}`, tls });
    assert.equal((await failureOf(http.get("https://localhost/"))).status, 101);
  });

  it("is not sent again by retryRequests where the proxy wants a password", async () => {
    await using server = await origin();
    await using proxy = await proxyPeer({
      target: targetOf(server),
      answer: () => "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n",
    });
    const middleware = [retryRequests({ initialMs: 1 })];
    await using http = new HttpClient({ proxy: `http://127.0.0.1:${proxy.port}`, tls, middleware });
    assert.equal((await failureOf(http.get("https://localhost/"))).status, 407);
    assert.equal(proxy.connections(), 1);
  });

  it("is refused at once where the proxy is none", async () => {
    await using http = new HttpClient();
    for (const proxy of ["http://", "socks5://x:1", 7, {}] as never[])
      await assert.rejects(async () => http.get("http://a/", { proxy }), InvalidArgument, String(proxy));
  });

  it("goes by the environment's proxy where the client says so, and not by that of NO_PROXY", async () => {
    await using server = await origin();
    await using proxy = await proxyPeer({ target: targetOf(server) });
    const before = { http_proxy: process.env["http_proxy"], no_proxy: process.env["no_proxy"] };
    process.env["http_proxy"] = `http://127.0.0.1:${proxy.port}`;
    process.env["no_proxy"] = "127.0.0.1";
    try {
      const got = async (options: HttpClientOptions, url: string): Promise<string> => {
        await using http = new HttpClient(options);
        return await http.get(url).text();
      };
      assert.equal(await got({ proxy: "environment" }, "http://a.example/"), "GET / HTTP/1.1");
      assert.equal(
        await got({ proxy: "environment" }, `http://127.0.0.1:${portOf(server)}/`),
        "GET / HTTP/1.1",
      );
      assert.equal(await got({}, `http://127.0.0.1:${portOf(server)}/`), "GET / HTTP/1.1");
      assert.equal(proxy.connections(), 1);
    } finally {
      for (const [name, value] of Object.entries(before))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
  });

  it(
    "leaves no connection when it is cancelled at any step",
    everyStep(async (step) => {
      const shop = testCertificate("shop");
      await withNetwork(new MemoryNetwork(), async () => {
        await using server = await origin(shop, { host: "shop", port: 443 });
        await using proxy = await proxyPeer({
          host: "proxy",
          port: 3128,
          target: { host: "shop", port: 443 },
        });
        await using http = new HttpClient({ proxy: "http://proxy:3128", tls: { ca: shop.certificate } });
        const get = (): Promise<string> => http.get("https://shop/").text();
        const outcome = await step.attempt(get);
        if (!outcome.cancelled) assert.equal(outcome.value, "GET / HTTP/1.1");
        assert.equal(await get(), "GET / HTTP/1.1");
        assert.ok(http.stats().open <= 2 && proxy.connections() <= 2 && server !== null);
      });
    }),
  );
});
