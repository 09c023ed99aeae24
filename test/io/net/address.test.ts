import assert from "node:assert/strict";
import { isIP } from "node:net";
import { describe, it } from "node:test";
import fc from "fast-check";
import { checkAddress, checkPort, formatAddress, ipFamily } from "../../../src/io/net/address.ts";

describe("An address", () => {
  it("is written as it is read elsewhere", () => {
    assert.equal(formatAddress({ host: "example.com", port: 80 }), "example.com:80");
    assert.equal(formatAddress({ host: "::1", port: 80 }), "[::1]:80");
    assert.equal(formatAddress({ address: "10.0.0.1", family: 4, port: 1 }), "10.0.0.1:1");
    assert.equal(formatAddress({ path: "/run/app.sock" }), "unix:/run/app.sock");
  });

  it("has a host and a port, or a path", () => {
    for (const good of [{ host: "a", port: 0 }, { host: "::1", port: 65_535 }, { path: "/a" }])
      assert.equal(checkAddress("address", good), good);
    const bad: unknown[] = [
      null,
      undefined,
      "localhost:80",
      {},
      { host: "a" },
      { host: "", port: 1 },
      { host: "a b", port: 1 },
      { host: "a/b", port: 1 },
      { host: "a\0", port: 1 },
      { host: 7, port: 1 },
      { host: "a", port: "80" },
      { host: "a", port: 1.5 },
      { path: "" },
      { path: 7 },
    ];
    for (const address of bad)
      assert.throws(() => checkAddress("address", address as never), {
        code: "TSY_INVALID_ARGUMENT",
        message: /\baddress\b/,
      });
  });

  it("has a port from 0 to 65535", () => {
    for (const port of [0, 1, 65_535]) assert.equal(checkPort("port", port), port);
    for (const port of [-1, 65_536, Number.NaN, Infinity, "1", null])
      assert.throws(() => checkPort("port", port), { code: "TSY_INVALID_ARGUMENT" });
  });
});

describe("The family of an IP address", () => {
  it("is found where there is one, and no name has one", () => {
    const families: Record<string, 0 | 4 | 6> = {
      "127.0.0.1": 4,
      "255.255.255.255": 4,
      "256.0.0.1": 0,
      "1.2.3": 0,
      "1.2.3.4.": 0,
      "::": 6,
      "::1": 6,
      "fe80::1%eth0": 6,
      "fe80::1%": 0,
      "::ffff:127.0.0.1": 6,
      "1:2:3:4:5:6:7:8": 6,
      "1:2:3:4:5:6:7": 0,
      "1:2:3:4:5:6:7:8:9": 0,
      "1::2::3": 0,
      ":1": 0,
      "1:": 0,
      ":::": 0,
      "12345::": 0,
      localhost: 0,
      "": 0,
      cafe: 0,
    };
    for (const [host, family] of Object.entries(families)) assert.equal(ipFamily(host), family, host);
  });

  it("is what the platform says, for whatever looks like an address", () => {
    const part = fc.constantFrom(
      ":",
      "::",
      ".",
      "0",
      "1",
      "255",
      "256",
      "ffff",
      "g",
      "01",
      "%",
      "1.2.3.4",
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 14 }).map((parts) => parts.join("")),
        (text) => {
          // Runtimes differ in what they allow in a zone.
          fc.pre(!text.includes("%"));
          assert.equal(ipFamily(text), isIP(text), text);
        },
      ),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) =>
        assert.equal(ipFamily(text), isIP(text), text),
      ),
    );
  });
});
