import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgument } from "../../../../src/index.ts";
import {
  basicCredentials,
  bearerCredentials,
  isCredentialField,
  userInfoOf,
  withoutUserInfo,
} from "../../../../src/http/client/features/credentials.ts";

describe("Credentials", () => {
  it("are written as RFC 7617 shows, in UTF-8", () => {
    assert.equal(
      basicCredentials({ user: "Aladdin", password: "open sesame" }),
      "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    );
    assert.equal(basicCredentials({ user: "test", password: "123£" }), "Basic dGVzdDoxMjPCow==");
    assert.equal(basicCredentials({ user: "", password: "a:b" }), "Basic OmE6Yg==");
  });

  it("refuse names with a colon and control characters, and show no password", () => {
    assert.throws(() => basicCredentials({ user: "a:b", password: "" }), InvalidArgument);
    assert.throws(() => basicCredentials({ user: "a\r\n", password: "" }), InvalidArgument);
    assert.throws(
      () => basicCredentials({ user: "ann", password: "secret\n" }),
      (error: Error) => error instanceof InvalidArgument && !error.message.includes("secret"),
    );
  });

  it("take a bearer token as it is, and refuse what is none without showing it", () => {
    assert.equal(bearerCredentials("mF_9.B5f-4.1JqM="), "Bearer mF_9.B5f-4.1JqM=");
    for (const token of ["", "a b", "secret\r\nX: y", "Bearer secret", "=", "sécret"])
      assert.throws(
        () => bearerCredentials(token),
        (error: Error) => error instanceof InvalidArgument && !error.message.includes("cret"),
      );
  });

  it("come out of a URL percent-decoded, and what cannot be decoded as it is", () => {
    assert.deepEqual(userInfoOf(new URL("http://a%40b:p%3Aq@host/")), { user: "a@b", password: "p:q" });
    assert.deepEqual(userInfoOf(new URL("http://token@host/")), { user: "token", password: "" });
    assert.deepEqual(userInfoOf(new URL("http://a:100%25%zz@host/")), {
      user: "a",
      password: "100%25%zz",
    });
    assert.equal(userInfoOf(new URL("http://host/")), null);
  });

  it("are gone from a URL for people", () => {
    assert.equal(withoutUserInfo(new URL("http://a:b@host/x?y#z")).href, "http://host/x?y#z");
  });

  it("stand in four fields, however they are written", () => {
    for (const name of ["Authorization", "COOKIE", "cookie2", "Proxy-Authorization"])
      assert.ok(isCredentialField(name), name);
    assert.ok(!isCredentialField("accept"));
  });
});
