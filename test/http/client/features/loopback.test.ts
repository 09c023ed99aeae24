/** The features with a real client and real servers: ours, and that of `node:http`. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, it } from "node:test";
import { map, sleep, until, withTaskGroup } from "../../../../src/index.ts";
import {
  CookieJar,
  HttpClient,
  limitPerOrigin,
  reply,
  retryRequests,
  serve,
  TooManyRedirects,
  type ClientTrace,
  type Handler,
  type HttpServer,
  type RequestOptions,
} from "../../../../src/http.ts";

const served = (handler: Handler): Promise<HttpServer> =>
  serve(handler, { host: "127.0.0.1", closeGraceMs: 0 });

interface Peer extends AsyncDisposable {
  readonly url: string;
}

async function peer(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Peer> {
  const server = createServer(listener);
  await until(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe("A client", () => {
  it("follows redirects over one connection, with cookies, and keeps credentials from the other origin", async () => {
    const seen: string[] = [];
    await using other = await served(({ headers }) => {
      seen.push(`other ${headers.get("authorization")} ${headers.get("cookie")}`);
      return "elsewhere";
    });
    await using server = await served(({ path, headers }) => {
      seen.push(`${path} ${headers.get("authorization")} ${headers.get("cookie")}`);
      if (path === "/login")
        return reply("go on", { status: 303, headers: { location: "/home", "set-cookie": "id=1" } });
      return reply("", { status: 307, headers: { location: other.url } });
    });
    await using http = new HttpClient({ cookies: new CookieJar(), auth: { bearer: "token" } });
    const response = await http.post(`${server.url}/login`, { body: "user" });
    assert.equal(await response.text(), "elsewhere");
    assert.deepEqual(
      response.history.map(({ status }) => status),
      [303, 307],
    );
    assert.equal(response.url, `${other.url}/`);
    assert.deepEqual(seen, ["/login Bearer token null", "/home Bearer token id=1", "other null id=1"]);
    assert.equal(server.stats().accepted, 1);
  });

  it("sends a body again where the redirect of another server asks for it", async () => {
    await using server = await peer((request, response) => {
      if (request.url === "/a") {
        request.resume();
        response.writeHead(308, { location: "b" }).end("moved");
        return;
      }
      let text = "";
      request.on("data", (chunk) => (text += String(chunk)));
      request.on("end", () => response.end(`${request.method} ${text}`));
    });
    await using http = new HttpClient({ baseUrl: server.url });
    assert.equal(await http.put("/a", { body: "hello" }).text(), "PUT hello");
    assert.equal(await http.post("/a", { form: { x: "1 2" } }).text(), "POST x=1+2");
  });

  it("ends a loop of redirects, and leaves no connection in use", async () => {
    await using server = await served(() => reply("round", { status: 302, headers: { location: "/" } }));
    await using http = new HttpClient();
    await assert.rejects(http.get(server.url), TooManyRedirects);
    const { open, idle } = http.stats();
    assert.equal(open, idle);
  });

  it("asks by name and password of the URL, and of its options", async () => {
    await using server = await served(({ headers }) => headers.get("authorization") ?? "nobody");
    await using http = new HttpClient();
    const ask = (url: string, options: RequestOptions = {}): Promise<string> =>
      http.get(url, options).text();
    const named = server.url.replace("://", "://ann:p%40ss@");
    assert.equal(await ask(server.url), "nobody");
    assert.equal(await ask(named), `Basic ${btoa("ann:p@ss")}`);
    assert.equal(await ask(named, { auth: { username: "bo", password: "x" } }), `Basic ${btoa("bo:x")}`);
    assert.equal(await ask(named, { headers: { authorization: "Own thing" } }), "Own thing");
  });

  it("keeps its own credentials for the origin of its base URL", async () => {
    const answer: Handler = ({ headers }) => headers.get("authorization") ?? "nobody";
    await using home = await served(answer);
    await using other = await served(answer);
    await using http = new HttpClient({ baseUrl: home.url, auth: { bearer: "token" } });
    assert.equal(await http.get("/").text(), "Bearer token");
    assert.equal(await http.get(`${home.url}/x`).text(), "Bearer token");
    assert.equal(await http.get(other.url).text(), "nobody");
    assert.equal(await http.get(other.url, { auth: { bearer: "other" } }).text(), "Bearer other");
    await using everywhere = new HttpClient({ auth: { bearer: "token" } });
    assert.equal(await everywhere.get(other.url).text(), "Bearer token");
  });

  it("tries again what was answered with 503, and what was cut off", async () => {
    let asked = 0;
    await using server = await peer((request, response) => {
      asked++;
      if (asked === 1) response.writeHead(503, { "retry-after": "0" }).end("busy");
      else if (asked === 2) request.socket.destroy();
      else response.end("at last");
    });
    await using http = new HttpClient({
      middleware: [retryRequests({ initialMs: 1 })],
      retryDeadConnections: false,
    });
    assert.equal(await http.get(server.url).text(), "at last");
    assert.equal(asked, 3);
  });

  it("keeps a place of limitPerOrigin until the body has come, or nobody wants it", async () => {
    let now = 0;
    let most = 0;
    await using server = await served(() => {
      most = Math.max(most, ++now);
      async function* body(): AsyncGenerator<string> {
        try {
          yield "begun ";
          await sleep(2);
          yield "done";
        } finally {
          now--;
        }
      }
      return body();
    });
    await using http = new HttpClient({ middleware: [limitPerOrigin({ concurrency: 2 })] });
    const texts = await map([1, 2, 3, 4, 5, 6], async (n) => {
      const response = await http.get(server.url);
      if (n === 3) return "closed";
      return response.text();
    });
    assert.deepEqual(texts, [
      "begun done",
      "begun done",
      "closed",
      "begun done",
      "begun done",
      "begun done",
    ]);
    assert.ok(most <= 3, `${most}`); // The one that was closed may still be on its way out of the server.
  });

  it("tells what happens to its requests on the platform's channels", async () => {
    await using server = await served(() => "hello");
    await using http = new HttpClient();
    const told: string[] = [];
    const names = ["start", "connect", "connected", "sent", "head", "end", "failed"] as const;
    const listeners = names.map((name) => {
      const listener = (message: unknown): void => {
        const { method, url, status, isReused } = message as ClientTrace;
        assert.equal(`${method} ${url}`, `GET ${server.url}/`);
        told.push([name, status, isReused].filter((part) => part !== undefined).join(" "));
      };
      subscribe(`tsyncio:http.client.${name}`, listener);
      return [name, listener] as const;
    });
    try {
      await http.get(server.url).text();
      await http.get(server.url).text();
    } finally {
      for (const [name, listener] of listeners) unsubscribe(`tsyncio:http.client.${name}`, listener);
    }
    const first = "start, connect, connected, sent false, head 200, end";
    assert.equal(told.join(", "), `${first}, start, sent true, head 200, end`);
    await http.get(server.url).text();
    assert.equal(told.length, 10);
  });

  it("is the same for many tasks at once", async () => {
    await using server = await served(({ path }) =>
      path.startsWith("/end") ? path : reply("", { status: 302, headers: { location: `/end${path}` } }),
    );
    await using http = new HttpClient({
      baseUrl: server.url,
      cookies: new CookieJar(),
      maxConnections: 4,
    });
    const texts: string[] = [];
    await withTaskGroup((group) => {
      for (let n = 0; n < 50; n++) group.spawn(async () => texts.push(await http.get(`/${n}`).text()));
    });
    assert.equal(new Set(texts).size, 50);
    assert.ok(http.stats().open <= 4);
  });
});
