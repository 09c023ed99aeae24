/** The client on the platform's own sockets, against the platform's own server. */
import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer as createRawServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createSecureRawServer } from "node:tls";
import { describe, it } from "node:test";
import { all, map } from "../../../src/index.ts";
import { HttpClient, HttpRequestFailed, type ResponsePromise } from "../../../src/http.ts";
import { temporaryDirectory, TlsFailed } from "../../../src/io.ts";
import { authority, local } from "../../io/net/certificates.ts";
import { failureOf } from "./raw-server.ts";

const answer: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    response.setHeader("x-port", String(request.socket.remotePort));
    if (request.url === "/big") response.end(Buffer.alloc(3_000_000, "x"));
    else response.end(`${request.method} ${request.url} ${body.length} ${request.headers.host}`);
  });
};

async function served<T>(server: Server, at: object, use: (server: Server) => Promise<T>): Promise<T> {
  await new Promise<void>((resolve) => server.listen(at, resolve));
  try {
    return await use(server);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

describe("HttpClient on the platform", () => {
  it("asks a server of the platform, and closes its connections", async () => {
    await served(createServer(answer), { host: "127.0.0.1", port: 0 }, async (server) => {
      const host = `localhost:${portOf(server)}`;
      await using http = new HttpClient({ baseUrl: `http://${host}/` });
      assert.equal(await http.get("/a?b=c").text(), `GET /a?b=c 0 ${host}`);
      assert.equal(await http.post("/", { body: "héllo" }).text(), `POST / 6 ${host}`);
      assert.equal(
        await http.put("/", { body: new Uint8Array(2_000_000) }).text(),
        `PUT / 2000000 ${host}`,
      );
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for (let n = 0; n < 30; n++) yield new Uint8Array(50_000);
      };
      assert.equal(await http.post("/", { body: pieces() }).text(), `POST / 1500000 ${host}`);
      assert.equal((await http.get("/big").bytes()).length, 3_000_000);
      const ports = await map([1, 2, 3, 4], async () => (await http.get("/")).headers.get("x-port"), {
        concurrency: 1,
      });
      assert.equal(new Set(ports).size, 1);
      await all(Array.from({ length: 50 }, () => () => http.get("/").text()));
      assert.equal(http.stats().open, http.stats().idle);
    });
  });

  it("speaks TLS to those it trusts, and to no others", async () => {
    const { key, certificate } = local;
    await served(
      createSecureServer({ key, cert: certificate }, answer),
      { host: "127.0.0.1", port: 0 },
      async (server) => {
        const host = `localhost:${portOf(server)}`;
        await using http = new HttpClient({ tls: { ca: authority } });
        assert.equal(await http.get(`https://${host}/a`).text(), `GET /a 0 ${host}`);
        assert.equal(
          await http.post(`https://${host}/`, { body: new Uint8Array(500_000) }).text(),
          `POST / 500000 ${host}`,
        );
        await using strict = new HttpClient();
        const error = await failureOf(strict.get(`https://${host}/`));
        assert.ok(error instanceof HttpRequestFailed);
        assert.ok(error.cause instanceof TlsFailed);
        assert.equal(strict.stats().open, 0);
      },
    );
  });

  it("asks by a Unix socket", { skip: process.platform === "win32" }, async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "http.sock");
    await served(createServer(answer), { path }, async () => {
      await using http = new HttpClient({ unixSocket: path, baseUrl: "http://docker/" });
      assert.equal(await http.get("/info").text(), "GET /info 0 docker");
    });
  });

  /** Asks a server that says something, and closes in the midst of an upload: its kernel resets the connection, and a write finds it so. */
  async function cutOff<T>(
    scheme: string,
    says: string,
    use: (asked: ResponsePromise) => Promise<T>,
  ): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<Socket>();
    const accept = (socket: Socket): void => {
      socket.on("error", () => {}).once("data", () => resolve(socket.pause()));
    };
    async function* body(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      const socket = await promise;
      // It is more than a stream that is paused reads ahead: what lies unread at the server makes a reset of its close.
      yield new Uint8Array(300_000);
      socket.write(says);
      socket.destroy();
      for (let n = 0; n < 10; n++) yield new Uint8Array(1_000);
    }
    const identity = { key: local.key, cert: local.certificate };
    const server = scheme === "http" ? createRawServer(accept) : createSecureRawServer(identity, accept);
    return served(server, { host: "127.0.0.1", port: 0 }, async () => {
      await using http = new HttpClient({ tls: { ca: authority } });
      const used = await use(http.post(`${scheme}://localhost:${portOf(server)}/`, { body: body() }));
      assert.equal(http.stats().open, 0);
      return used;
    });
  }

  for (const scheme of ["http", "https"])
    it(`hands out what a server said that has reset the connection since, by ${scheme}`, async () => {
      const says = `HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo long`;
      await cutOff(scheme, says, async (asked) => {
        const response = await asked;
        assert.deepEqual([response.status, await response.text()], [413, "too long"]);
      });
    });

  it("does not take for whole what a reset has ended", async () => {
    const says = "HTTP/1.1 413 Content Too Large\r\n\r\nas far as the conn";
    const error = await cutOff("http", says, (asked) => failureOf(asked.text()));
    assert.ok(error instanceof HttpRequestFailed, String(error));
  });
});
