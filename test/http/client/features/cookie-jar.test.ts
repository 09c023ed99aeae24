import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { describe, it } from "node:test";
import { withTimeoutOr } from "../../../../src/index.ts";
import { readText, temporaryDirectory, writeFile } from "../../../../src/io.ts";
import { CookieJar, CookiesInvalid } from "../../../../src/http/client/features/cookie-jar.ts";
import { joined } from "../../../../src/http/client/features/cookies.ts";
import { everyStep } from "../../../every-step.ts";

const site = "https://www.shop.example/a/b";

async function jarWith(...cookies: string[]): Promise<CookieJar> {
  const jar = new CookieJar();
  for (const cookie of cookies) await jar.setCookie(cookie, site);
  return jar;
}

describe("CookieJar", () => {
  it("sends cookies back to where they came from, and nowhere else", async () => {
    const jar = await jarWith(
      "host=1; Path=/",
      "domain=2; Domain=shop.example; Path=/",
      "path=3; Path=/a",
    );
    assert.equal(await jar.getCookieString(site), "path=3; host=1; domain=2");
    assert.equal(await jar.getCookieString("https://www.shop.example/"), "host=1; domain=2");
    assert.equal(await jar.getCookieString("https://other.shop.example/"), "domain=2");
    assert.equal(await jar.getCookieString("https://shop.example.evil/"), "");
  });

  it("keeps Secure cookies off the clear", async () => {
    const jar = await jarWith("id=1; Secure; Path=/");
    assert.equal(await jar.getCookieString("https://www.shop.example/"), "id=1");
    assert.equal(await jar.getCookieString("http://www.shop.example/"), "");
  });

  it("leaves out what is malformed, too long, another domain's, or a public suffix's", async () => {
    const jar = await jarWith(
      "=x",
      "",
      "a=1; Domain=other.example",
      "a=1; Domain=example",
      "__Host-a=1; Path=/",
      `long=${"x".repeat(5_000)}`,
    );
    await jar.setCookie("a=1; Domain=co.uk", "https://www.shop.co.uk/");
    assert.deepEqual(await jar.cookies(), []);
  });

  it("forgets what has expired, and what a server takes back", async () => {
    const jar = await jarWith(
      "a=1; Max-Age=3600",
      "b=2; Max-Age=0",
      "c=3",
      "c=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    );
    assert.equal(await jar.getCookieString(site), "a=1");
  });

  it("shows what it has", async () => {
    const jar = await jarWith(
      "id=a b; Path=/; Secure; HttpOnly; Expires=Fri, 01 Jan 2100 00:00:00 GMT",
      "t=1",
    );
    const [t, id] = await jar.cookies(site);
    assert.equal(t?.expiresAt, null);
    assert.deepEqual(id, {
      name: "id",
      value: "a b",
      domain: "www.shop.example",
      path: "/",
      expiresAt: Date.UTC(2100, 0, 1),
      isSecure: true,
      isHttpOnly: true,
    });
    assert.equal((await jar.cookies()).length, 2);
    await jar.clear();
    assert.deepEqual(await jar.cookies(), []);
  });

  it("keeps no more than 180 cookies for a URL", async () => {
    const jar = new CookieJar();
    for (let n = 0; n < 200; n++) await jar.setCookie(`c${n}=x`, site);
    const names = new Set((await jar.cookies()).map(({ name }) => name));
    assert.equal(names.size, 180);
    assert.ok(names.has("c199") && !names.has("c0"));
  });

  it("is written to a file that only its owner can read, and read again", async () => {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/cookies.json`;
    const jar = await jarWith("a=1; Max-Age=3600", "session=2");
    await jar.save(path);
    if (process.platform !== "win32") assert.equal((await stat(path)).mode & 0o777, 0o600);
    const again = await CookieJar.load(path);
    assert.equal(await again.toText(), await readText(path));
    assert.equal(await again.getCookieString(site), "a=1; session=2");
    assert.equal(
      await (await CookieJar.fromText(await jar.toText())).getCookieString(site),
      "a=1; session=2",
    );
  });

  it("is not read from what is no jar", async () => {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/x`;
    for (const text of ["", "{", "[]", "null", "{}", '{"cookies":1}']) {
      await writeFile(path, text);
      await assert.rejects(CookieJar.load(path), CookiesInvalid, text);
      await assert.rejects(CookieJar.fromText(text), CookiesInvalid, text);
    }
    await assert.rejects(CookieJar.load(`${directory.path}/none`), { code: "TSY_FILE" });
  });

  it(
    "is as it was, or has the cookie, when setting one is cancelled at any step",
    everyStep(async (step) => {
      const jar = new CookieJar();
      const outcome = await step.attempt(() => jar.setCookie("a=1", site));
      assert.equal(await jar.getCookieString(site), outcome.cancelled ? "" : "a=1");
    }),
  );

  it("refuses in a cancelled scope", async () => {
    const jar = await jarWith("a=1");
    assert.equal(await withTimeoutOr(0, () => jar.getCookieString(site), "cancelled"), "cancelled");
  });
});

describe("Cookies of a request's own", () => {
  it("go first, and win over those of the jar of the same name", () => {
    assert.equal(joined("", "a=1; b=2"), "a=1; b=2");
    assert.equal(joined("b=own", "a=1; b=2; c=3"), "b=own; a=1; c=3");
    assert.equal(joined("a=1;b=2", "c=x=y; b"), "a=1;b=2; c=x=y");
  });
});
