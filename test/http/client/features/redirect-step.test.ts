import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  isBodyField,
  redirectStep,
  wayOf,
  type RedirectStep,
} from "../../../../src/http/client/features/redirect-step.ts";

interface Case {
  method?: string;
  from?: string;
  status?: number;
  to?: string | string[];
  isBodyRepeatable?: boolean | null;
}

function step(given: Case): RedirectStep {
  const { method = "GET", from = "http://a.example/dir/page?q#top", status = 302, to = "/" } = given;
  const { isBodyRepeatable = null } = given;
  const request = { method, url: new URL(from), isBodyRepeatable };
  return redirectStep(request, status, typeof to === "string" ? [to] : to);
}

function go(given: Case): Extract<RedirectStep, { kind: "go" }> {
  const made = step(given);
  assert.equal(made.kind, "go", JSON.stringify(made));
  return made as Extract<RedirectStep, { kind: "go" }>;
}

function whyNot(given: Case): string {
  const made = step(given);
  return made.kind === "refuse" ? made.why : assert.fail(JSON.stringify(made));
}

const goesTo = (to: string, from?: string): string =>
  go(from === undefined ? { to } : { to, from }).url.href;

describe("A redirect", () => {
  it("is a 301, 302, 303, 307 or 308 with a Location, and nothing else", () => {
    for (const status of [301, 302, 303, 307, 308]) assert.equal(step({ status }).kind, "go");
    for (const status of [200, 201, 300, 304, 305, 306, 400, 503])
      assert.equal(step({ status }).kind, "stay");
    assert.equal(step({ to: [] }).kind, "stay");
    assert.equal(step({ to: "" }).kind, "stay");
  });

  it("resolves relative locations by the URL that was asked", () => {
    assert.equal(goesTo("other"), "http://a.example/dir/other#top");
    assert.equal(goesTo("../x/./y"), "http://a.example/x/y#top");
    assert.equal(goesTo("?z"), "http://a.example/dir/page?z#top");
    assert.equal(goesTo("//b.example/x"), "http://b.example/x#top");
    assert.equal(goesTo("/x", "https://a.example:8443/"), "https://a.example:8443/x");
    assert.equal(goesTo("  /x\t"), "http://a.example/x#top");
    assert.equal(goesTo("HTTP://B.EXAMPLE:80/x"), "http://b.example/x#top");
    assert.equal(goesTo("/a b\\c"), "http://a.example/a%20b/c#top");
  });

  it("keeps the fragment where the location has none", () => {
    assert.equal(goesTo("/x"), "http://a.example/x#top");
    assert.equal(goesTo("/x#own"), "http://a.example/x#own");
  });

  it("reads bytes beyond ASCII as UTF-8, else as Latin-1", () => {
    assert.equal(goesTo("/caf\u00c3\u00a9"), "http://a.example/caf%C3%A9#top");
    assert.equal(goesTo("/caf\u00e9"), "http://a.example/caf%C3%A9#top");
  });

  it("is refused where its location is no URL, of another scheme, or one of several", () => {
    assert.match(whyNot({ to: "http://" }), /no URL/);
    assert.match(whyNot({ to: "http://[::1/x" }), /no URL/);
    assert.match(whyNot({ to: "http://a.example:99999/" }), /no URL/);
    assert.match(whyNot({ to: "http://a.example:0/" }), /nobody can have/);
    assert.match(whyNot({ to: "http://100%@a.example/" }), /nobody can have/);
    assert.match(whyNot({ to: "file:///etc/passwd" }), /scheme "file:"/);
    assert.match(whyNot({ to: "javascript:alert(1)" }), /scheme "javascript:"/);
    assert.match(whyNot({ to: ["/x", "/y"] }), /2 different/);
    assert.equal(step({ to: ["/x", "/x"] }).kind, "go");
  });

  it("is refused from https to http, and leads to another origin the other way", () => {
    const given = { from: "https://a.example/", to: "http://a.example/" };
    assert.match(whyNot(given), /from https to http/);
    assert.equal(go({ from: "http://a.example/", to: "https://a.example/" }).changesOrigin, true);
  });

  it("rewrites methods as browsers do", () => {
    const after = (status: number, method: string): string =>
      go({ status, method, isBodyRepeatable: true }).method;
    for (const status of [301, 302]) {
      assert.equal(after(status, "POST"), "GET");
      for (const method of ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
        assert.equal(after(status, method), method);
    }
    for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"])
      assert.equal(after(303, method), "GET");
    assert.equal(after(303, "HEAD"), "HEAD");
    for (const status of [307, 308])
      for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE"])
        assert.equal(after(status, method), method);
  });

  it("leaves the body behind with its method", () => {
    assert.equal(go({ status: 303, method: "PUT", isBodyRepeatable: false }).dropsBody, true);
    assert.equal(go({ status: 302, method: "POST", isBodyRepeatable: false }).dropsBody, true);
    assert.equal(go({ status: 307, method: "POST", isBodyRepeatable: true }).dropsBody, false);
    assert.ok(isBodyField("Content-Type") && isBodyField("transfer-encoding"));
    assert.ok(!isBodyField("accept-encoding"));
  });

  it("is refused where a body would have to be sent again that cannot be", () => {
    for (const status of [307, 308])
      assert.match(whyNot({ status, method: "POST", isBodyRepeatable: false }), /sent once/);
    assert.match(whyNot({ status: 301, method: "PUT", isBodyRepeatable: false }), /sent once/);
  });

  it("changes origin with scheme, host or port, and not with what is written differently", () => {
    const changes = (to: string, from = "http://a.example/"): boolean => go({ to, from }).changesOrigin;
    assert.equal(changes("http://a.example:80/x"), false);
    assert.equal(changes("http://A.Example/x"), false);
    assert.equal(changes("http://a.example:8080/"), true);
    assert.equal(changes("http://b.a.example/"), true);
    assert.equal(changes("http://a.example./"), true);
    assert.equal(changes("https://a.example/"), true);
  });

  it("carries the URL's name and password on within the origin, and to no other", () => {
    const from = "http://ann:pw@a.example/dir/";
    assert.equal(goesTo("x", from), "http://ann:pw@a.example/dir/x");
    assert.equal(goesTo("http://a.example/x", from), "http://ann:pw@a.example/x");
    assert.equal(goesTo("http://bo@a.example/x", from), "http://bo@a.example/x");
    assert.equal(goesTo("//b.example/x", from), "http://b.example/x");
    assert.equal(goesTo("http://a.example:81/x", from), "http://a.example:81/x");
  });

  it("is told in messages without names and passwords, in short, and as circles where it is some", () => {
    const urls = ["http://u:p@a/", "http://b/", "http://a/"].map((text) => new URL(text));
    assert.equal(wayOf(urls), "http://a/ -> http://b/ -> http://a/ (it goes in circles)");
    const many = Array.from({ length: 9 }, (_, n) => new URL(`http://a/${n}`));
    assert.equal(wayOf(many), "http://a/0 -> http://a/1 -> ... -> http://a/7 -> http://a/8");
  });
});
