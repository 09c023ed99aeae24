import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgument } from "../../../../src/index.ts";
import { parseNoProxy } from "../../../../src/http/client/features/proxy-bypass.ts";
import type { Environment } from "../../../../src/http/platform.ts";
import { parseProxy, proxiesOf } from "../../../../src/http/client/features/proxy-environment.ts";

const proxyFor = (environment: Environment, url: string): string | null =>
  proxiesOf(environment)(new URL(url))?.href ?? null;

describe("The environment's proxies", () => {
  it("are chosen by scheme, with ALL_PROXY for the rest", () => {
    const environment = { http_proxy: "http://h:1", https_proxy: "http://s:2" };
    assert.equal(proxyFor(environment, "http://x/"), "http://h:1");
    assert.equal(proxyFor(environment, "https://x/"), "http://s:2");
    assert.equal(proxyFor({ http_proxy: "http://h:1" }, "https://x/"), null);
    assert.equal(
      proxyFor({ http_proxy: "http://h:1", ALL_PROXY: "http://a:3" }, "https://x/"),
      "http://a:3",
    );
    assert.equal(proxyFor({ all_proxy: "http://a:3" }, "http://x/"), "http://a:3");
    assert.equal(proxyFor({}, "http://x/"), null);
  });

  it("are read in both cases, and lower case wins, also where it is empty", () => {
    assert.equal(proxyFor({ HTTP_PROXY: "http://up:1" }, "http://x/"), "http://up:1");
    assert.equal(proxyFor({ HTTPS_PROXY: "http://up:1" }, "https://x/"), "http://up:1");
    assert.equal(
      proxyFor({ HTTP_PROXY: "http://up:1", http_proxy: "http://low:1" }, "http://x/"),
      "http://low:1",
    );
    assert.equal(proxyFor({ HTTP_PROXY: "http://up:1", http_proxy: "" }, "http://x/"), null);
    assert.equal(proxyFor({ http_proxy: "", all_proxy: "http://a:3" }, "http://x/"), null);
    assert.equal(
      proxyFor({ ALL_PROXY: "http://a:3", NO_PROXY: "x", no_proxy: "" }, "http://x/"),
      "http://a:3",
    );
  });

  it("do not come from HTTP_PROXY in a CGI program, where the client could set it", () => {
    const environment = { HTTP_PROXY: "http://evil:1", REQUEST_METHOD: "GET" };
    assert.equal(proxyFor(environment, "http://x/"), null);
    assert.equal(proxyFor({ ...environment, http_proxy: "http://own:1" }, "http://x/"), "http://own:1");
    assert.equal(
      proxyFor({ HTTPS_PROXY: "http://own:1", REQUEST_METHOD: "GET" }, "https://x/"),
      "http://own:1",
    );
  });

  it("are named by their variable where they are none, without what may be a password", () => {
    for (const value of ["http://", "http://ann:secret@h:port", "socks5://secret:1", "ftp://h"])
      assert.throws(
        () => proxiesOf({ https_proxy: value }),
        (error: Error) =>
          error instanceof InvalidArgument &&
          error.message.includes("https_proxy") &&
          !error.message.includes("secret"),
      );
  });

  it("leave out what NO_PROXY names", () => {
    const environment = { all_proxy: "http://a:3", NO_PROXY: "localhost,.corp.example:8080" };
    assert.equal(proxyFor(environment, "http://localhost:99/"), null);
    assert.equal(proxyFor(environment, "http://x.corp.example:8080/"), null);
    assert.equal(proxyFor(environment, "http://x.corp.example/"), "http://a:3");
  });
});

describe("The address of a proxy", () => {
  it("may lack scheme and port, and bear a name and password", () => {
    const proxy = parseProxy("proxy", "ann:p%40ss@proxy.example:3128");
    assert.deepEqual(proxy, {
      isSecure: false,
      host: "proxy.example",
      port: 3128,
      authorization: `Basic ${btoa("ann:p@ss")}`,
      href: "http://proxy.example:3128",
    });
    assert.equal(parseProxy("proxy", "proxy.example").port, 80);
    assert.equal(parseProxy("proxy", "https://proxy.example").port, 443);
    assert.equal(parseProxy("proxy", "http://[::1]:8080").host, "::1");
    assert.equal(parseProxy("proxy", "localhost:3128").host, "localhost");
  });
});

describe("NO_PROXY", () => {
  const lets = (text: string, host: string, port = 80): boolean => parseNoProxy(text)(host, port);

  it("lets everything pass by *", () => {
    assert.ok(lets("*", "example.com"));
    assert.ok(lets("a, *", "[::1]"));
    assert.ok(!lets("", "example.com"));
  });

  it("matches a host and all below it, at a dot", () => {
    for (const entry of ["example.com", ".example.com", "EXAMPLE.com."]) {
      assert.ok(lets(entry, "example.com"), entry);
      assert.ok(lets(entry, "www.example.com"), entry);
      assert.ok(lets(entry, "example.com."), entry);
      assert.ok(!lets(entry, "notexample.com"), entry);
      assert.ok(!lets(entry, "example.com.evil"), entry);
    }
    assert.ok(lets("*.example.com", "www.example.com"));
    assert.ok(!lets("*.example.com", "example.com"));
  });

  it("takes commas and white space between entries, and passes over what means nothing", () => {
    for (const host of ["a", "b", "c"]) assert.ok(lets(" a,b \t c,,", host));
    for (const entry of [",", ".", "*.", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/x", "name/8", ":80"])
      assert.ok(!lets(entry, "10.0.0.1"), entry);
  });

  it("matches ports where it names them", () => {
    assert.ok(lets("example.com:8080", "example.com", 8080));
    assert.ok(!lets("example.com:8080", "example.com", 80));
    assert.ok(lets("10.0.0.5:81", "10.0.0.5", 81));
    assert.ok(!lets("10.0.0.5:81", "10.0.0.5", 80));
    assert.ok(lets("[::1]:81", "[::1]", 81));
    assert.ok(!lets("[::1]:81", "[::1]", 80));
  });

  it("matches addresses in whatever form they are written", () => {
    for (const entry of ["::1", "[::1]", "0:0:0:0:0:0:0:1", "::0.0.0.1"])
      assert.ok(lets(entry, "[::1]"), entry);
    assert.ok(lets("2001:DB8::", "[2001:db8::]"));
    assert.ok(lets("127.0.0.1", "[::ffff:7f00:1]"));
    assert.ok(!lets("10.0.0.1", "10.0.0.10"));
    assert.ok(!lets("0.0.0.1", "x.0.0.0.1"));
  });

  it("matches blocks of addresses, to the bit", () => {
    assert.ok(lets("10.0.0.0/8", "10.255.0.1"));
    assert.ok(!lets("10.0.0.0/8", "11.0.0.1"));
    assert.ok(lets("192.168.1.128/25", "192.168.1.200"));
    assert.ok(!lets("192.168.1.128/25", "192.168.1.127"));
    assert.ok(lets("0.0.0.0/0", "1.2.3.4"));
    assert.ok(!lets("0.0.0.0/0", "[::1]"));
    assert.ok(lets("fd00::/8", "[fdff::1]"));
    assert.ok(!lets("fd00::/8", "[fe80::1]"));
    assert.ok(lets("[fd00::]/8", "[fd12::1]"));
    assert.ok(!lets("10.0.0.0/8", "ten.example"));
  });
});
