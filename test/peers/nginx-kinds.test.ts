/** Our client against nginx in other places: behind TLS, at a Unix socket, and as a proxy. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { HttpClient, type HttpServer } from "../../src/http.ts";
import { digest, inPieces, judged, MIB, pattern, times } from "./judged.ts";
import { Nginx } from "./nginx.ts";
import { Folder, freePort } from "./programs.ts";

const LARGE = pattern(8 * MIB);
const fixture = (name: string): string => join(import.meta.dirname, "../fixtures/tls", name);
const pem = (name: string): Buffer => readFileSync(fixture(name));
const ca = pem("authority.pem");

let nginx: Nginx;
let secure = "";
let choosy = "";
let socket = "";
let origin: HttpServer;

before(async () => {
  const folder = new Folder();
  const ports = [await freePort(), await freePort()];
  [secure, choosy] = ports.map((port) => `https://localhost:${port}`) as [string, string];
  socket = folder.at("socket");
  mkdirSync(folder.at("www", "put"), { recursive: true });
  writeFileSync(folder.at("www", "hello"), "hello");
  writeFileSync(folder.at("www", "large"), LARGE);
  const tls = `root ${folder.at("www")}; ssl_certificate ${fixture("local.pem")}; ssl_certificate_key ${fixture("local.key")};`;
  origin = await judged();
  nginx = await Nginx.start(
    "location / { proxy_pass http://$http_host; proxy_http_version 1.1; proxy_request_buffering off; client_max_body_size 0; }",
    `
    server {
      listen 127.0.0.1:${ports[0]} ssl http2;
      ${tls}
      location /put/ { client_max_body_size 0; dav_methods PUT; }
      location = /protocol { return 200 "$server_protocol $ssl_server_name $ssl_protocol"; }
    }
    server {
      listen 127.0.0.1:${ports[1]} ssl;
      ${tls}
      ssl_client_certificate ${fixture("client-authority.pem")};
      ssl_verify_client on;
    }
    server { listen unix:${socket}; root ${folder.at("www")}; location = /host { return 200 $http_host; } }
    `,
    folder,
  );
});

after(async () => {
  await nginx[Symbol.asyncDispose]();
  await origin.close();
});

describe("our client", () => {
  it("speaks HTTP/1.1 through TLS with an nginx that offers HTTP/2", async () => {
    await using http = new HttpClient({ baseUrl: secure, tls: { ca }, maxConnections: 4 });
    assert.match(await http.get("/protocol").text(), /^HTTP\/1\.1 localhost TLSv1\.[23]$/);
    await times(200, 16, async () => assert.equal(await http.get("/hello").text(), "hello"));
    assert.equal(digest(await http.get("/large").bytes()), digest(LARGE));
    for (const body of [LARGE, inPieces(LARGE)]) {
      assert.ok((await http.put("/put/file", { body })).ok);
      assert.equal(digest(readFileSync(nginx.folder.at("www", "put", "file"))), digest(LARGE));
    }
    assert.ok(http.stats().open <= 4);
  });

  it("shows its certificate to an nginx that asks for one, and is turned away without", async () => {
    const certificate = { certificate: pem("client.pem"), key: pem("client.key") };
    await using known = new HttpClient({ baseUrl: choosy, tls: { ca, ...certificate } });
    assert.equal(await known.get("/hello").text(), "hello");
    await using unknown = new HttpClient({ baseUrl: choosy, tls: { ca } });
    assert.equal((await unknown.get("/hello")).status, 400);
  });

  it("refuses an nginx of another name, or of no authority that it knows", async () => {
    await using other = new HttpClient({ baseUrl: secure, tls: { ca, serverName: "shop.test" } });
    await assert.rejects(other.get("/hello"), { name: "HttpRequestFailed", phase: "connect" });
    await using stranger = new HttpClient({ baseUrl: secure });
    await assert.rejects(stranger.get("/hello"), { name: "HttpRequestFailed", phase: "connect" });
    assert.deepEqual([other.stats().open, stranger.stats().open], [0, 0]);
  });

  it("speaks through a Unix socket", async () => {
    await using http = new HttpClient({ baseUrl: "http://any.name:8080", unixSocket: socket });
    assert.equal(await http.get("/hello").text(), "hello");
    assert.equal(await http.get("/host").text(), "any.name:8080");
    assert.equal(digest(await http.get("/large").bytes()), digest(LARGE));
    assert.equal(http.stats().open, 1);
  });

  it("goes through nginx as its proxy", async () => {
    await using http = new HttpClient({ proxy: nginx.url });
    await times(50, 5, async () => assert.equal(await http.get(`${origin.url}/hello`).text(), "hello"));
    const counted = await http.put(`${origin.url}/count`, { body: inPieces(LARGE) }).json();
    assert.equal((counted as { digest: string }).digest, digest(LARGE));
    assert.ok(http.stats().open <= 5);
  });
});
