/** nginx in front of our server, as it stands in front of most. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { serve, type HttpServer } from "../../src/http.ts";
import { digest, Endless, judged, MIB, pattern, piecesDigest, soon } from "./judged.ts";
import { Nginx } from "./nginx.ts";
import { Folder, freePort, run, Running } from "./programs.ts";

const LARGE = pattern(12 * MIB);
const fixture = (name: string): string => join(import.meta.dirname, "../fixtures/tls", name);
const pem = (name: string): Buffer => readFileSync(fixture(name));

/** An nginx that passes all on to these ports, and keeps connections for the next requests. */
function front(ports: readonly number[], more: string = ""): Promise<Nginx> {
  const servers = ports.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join(" ");
  return Nginx.start(
    `client_max_body_size 0;
    location / {
      proxy_pass http://ours;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      ${more}
    }`,
    `upstream ours { ${servers} keepalive 8; }`,
  );
}

const curl = (...args: string[]) => run("curl", ["-sS", ...args]);
const statusOf = async (url: string): Promise<string> =>
  (await curl("-o", "/dev/null", "-w", "%{http_code}", url)).text;

/** Gets `/hello` again and again until `stop` is called; gives how often, and what came that was not that. */
function asking(url: string): { stop(): Promise<{ count: number; wrong: string[] }> } {
  let goesOn = true;
  const seen = { count: 0, wrong: [] as string[] };
  const client = async (): Promise<void> => {
    while (goesOn) {
      seen.count++;
      const response = await fetch(`${url}/hello`);
      const text = await response.text();
      if (text !== "hello") seen.wrong.push(`${response.status} ${text.slice(0, 100)}`);
    }
  };
  const clients = Promise.all([client(), client(), client(), client()]);
  return {
    async stop() {
      goesOn = false;
      await clients;
      return seen;
    },
  };
}

describe("nginx in front of our server", () => {
  it("passes requests on, on connections that it keeps", async () => {
    await using server = await judged({ trustProxy: ["127.0.0.1"] });
    await using nginx = await front([server.port]);
    for (let i = 0; i < 20; i++) assert.equal((await curl(`${nginx.url}/hello`)).text, "hello");
    assert.equal(server.stats().accepted, 1);
    const who = JSON.parse(
      (await curl("-H", "X-Forwarded-For: 10.1.1.1", `${nginx.url}/who`)).text,
    ) as object;
    assert.deepEqual(who, {
      host: "127.0.0.1",
      clientAddress: "10.1.1.1",
      scheme: "http",
      connection: null,
    });
    assert.match(
      (await curl("-I", `${nginx.url}/hello`)).text,
      /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 5\r\n/i,
    );
    assert.equal(await statusOf(`${nginx.url}/nothing`), "204");
    assert.equal(await statusOf(`${nginx.url}/fail`), "500");
    assert.equal(server.stats().accepted, 1);
  });

  it("speaks HTTP/1.0 by default, a connection each", async () => {
    await using server = await judged();
    await using nginx = await Nginx.start(`location / { proxy_pass http://127.0.0.1:${server.port}; }`);
    for (let i = 0; i < 3; i++) assert.equal((await curl(`${nginx.url}/hello`)).text, "hello");
    const { output } = await curl(`${nginx.url}/stream?bytes=2000000`);
    assert.equal(digest(output), piecesDigest(2_000_000));
    assert.equal(server.stats().accepted, 4);
  });

  for (const buffering of ["on", "off"])
    it(`passes bodies on, both ways, with buffering ${buffering}`, async () => {
      using folder = new Folder();
      writeFileSync(folder.at("large"), LARGE);
      await using server = await judged();
      const more = `proxy_buffering ${buffering}; proxy_request_buffering ${buffering};`;
      await using nginx = await front([server.port], more);
      for (const path of ["/stream", "/sized"]) {
        const { output } = await curl(`${nginx.url}${path}?bytes=5000000`);
        assert.equal(digest(output), piecesDigest(5_000_000));
      }
      for (const from of [folder.at("large"), "-"]) {
        const { text } = await run("curl", ["-sS", "-T", from, `${nginx.url}/count`], { input: LARGE });
        const counted = JSON.parse(text) as { digest: string; length: string | null };
        assert.equal(counted.digest, digest(LARGE));
        const isInChunks = from === "-" && buffering === "off";
        assert.equal(counted.length, isInChunks ? null : String(LARGE.length));
      }
      const refused = await run(
        "curl",
        [
          "-sS",
          "-H",
          "Expect:",
          "-o",
          "/dev/null",
          "-w",
          "%{http_code}",
          "-T",
          folder.at("large"),
          `${nginx.url}/refuse`,
        ],
        { code: null },
      );
      assert.equal(refused.text, "413");
      assert.equal((await curl(`${nginx.url}/hello`)).text, "hello");
    });

  it("passes bodies on through TLS, whose certificate it checks, and through a Unix socket", async () => {
    using folder = new Folder();
    writeFileSync(folder.at("large"), LARGE);
    const tls = { certificate: pem("local.pem"), key: pem("local.key") };
    await using secure = await judged({ tls });
    await using local = await judged({ path: folder.at("socket") });
    await using nginx = await Nginx.start(
      `client_max_body_size 0;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
      proxy_ssl_trusted_certificate ${fixture("authority.pem")};
      proxy_ssl_verify on;
      proxy_ssl_name localhost;
      proxy_ssl_server_name on;
      location /secure/ { proxy_pass https://secure/; }
      location /local/ { proxy_pass http://local/; }`,
      `upstream secure { server 127.0.0.1:${secure.port}; keepalive 8; }
      upstream local { server unix:${folder.at("socket")}; keepalive 8; }`,
    );
    for (const [way, server] of [
      ["secure", secure],
      ["local", local],
    ] as const) {
      const { output } = await curl(`${nginx.url}/${way}/stream?bytes=5000000`);
      assert.equal(digest(output), piecesDigest(5_000_000));
      for (const from of [folder.at("large"), "-"]) {
        const args = ["-sS", "-T", from, `${nginx.url}/${way}/count`];
        const { text } = await run("curl", args, { input: LARGE });
        assert.equal((JSON.parse(text) as { digest: string }).digest, digest(LARGE));
      }
      for (let i = 0; i < 10; i++) assert.equal((await curl(`${nginx.url}/${way}/hello`)).text, "hello");
      assert.equal(server.stats().accepted, 1);
    }
  });

  it("has a handler cancelled whose client has left", async () => {
    const endless = new Endless();
    await using server = await serve(() => endless.body(), { host: "127.0.0.1" });
    await using nginx = await front([server.port]);
    await using reader = new Running("curl", ["-sS", "-o", "/dev/null", nginx.url]);
    await soon("a reply", () => endless.begun === 1);
    reader.signal("SIGKILL");
    await reader.ended();
    await soon("the end of the handler", () => endless.ended === 1 && server.stats().inFlight === 0);
  });

  it("finds a server that was started again behind a connection that it kept", async () => {
    const port = await freePort();
    let server: HttpServer = await judged({ port });
    await using nginx = await front([port]);
    try {
      for (let i = 0; i < 5; i++) {
        assert.equal((await curl(`${nginx.url}/hello`)).text, "hello");
        assert.equal(server.stats().idle, 1);
        await server.close();
        server = await judged({ port });
      }
      assert.equal((await curl(`${nginx.url}/hello`)).text, "hello");
    } finally {
      await server.close();
    }
  });

  it("sees no failure while one of two servers after the other is started again under load", async () => {
    const ports = [await freePort(), await freePort()];
    const servers = await Promise.all(ports.map((port) => judged({ port, closeGraceMs: 20 })));
    await using nginx = await front(ports);
    const load = asking(nginx.url);
    try {
      for (let i = 0; i < 6; i++) {
        const index = i % 2;
        const answered = servers[index]!.stats().answered;
        await soon("requests to each", () => servers[index]!.stats().answered > answered + 20);
        await servers[index]!.close();
        servers[index] = await judged({ port: ports[index]!, closeGraceMs: 20 });
      }
    } finally {
      const { count, wrong } = await load.stop();
      await Promise.all(servers.map((server) => server.close()));
      assert.deepEqual(wrong, [], `${wrong.length} of ${count}\n${nginx.log.slice(-2_000)}`);
    }
  });
});
