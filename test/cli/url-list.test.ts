import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import "../../src/index.ts";
import { readUrls } from "../../src/cli/url-list.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "tsyncio-urls-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, "urls.txt");
  writeFileSync(path, text);
  return path;
}

const refused = (
  urls: readonly string[],
  path: string | undefined,
  message: RegExp | string,
): Promise<void> => assert.rejects(readUrls(urls, path), { name: "Misuse", message });

describe("The list of URLs", () => {
  it("holds those of the command line, then those of the file, without comments and blank lines", async () => {
    const path = file("# a comment\r\nhttp://b/\r\n\r\n  http://c/  \n#http://d/\nhttp://e/");
    const urls = await readUrls(["http://a/"], path);
    assert.deepEqual(urls.map(String), ["http://a/", "http://b/", "http://c/", "http://e/"]);
  });

  it("names each wrong URL with the line it stands on", async () => {
    const path = file("http://good/\n\nhttp://\nftp://files/\n");
    await refused(
      ["no url"],
      path,
      [
        '"no url" is not a URL. Give one that begins with http:// or https://.',
        `${path}:3: "http://" is not a URL. Give one that begins with http:// or https://.`,
        `${path}:4: "ftp://files/" is not a web address: its scheme is ftp: Give http:// or https://.`,
      ].join("\n"),
    );
  });

  it("guesses the scheme that was forgotten", async () => {
    await refused(
      ["example.com/page"],
      undefined,
      /has no scheme\. Did you mean https:\/\/example\.com\/page or http:\/\/example\.com\/page\?$/,
    );
    await refused(
      ["localhost:8080"],
      undefined,
      /Did you mean https:\/\/localhost:8080\/ or http:\/\/localhost:8080\?$/,
    );
  });

  it("does not repeat a password that stands in a URL", async () => {
    await assert.rejects(readUrls(["http://ann:secret@host/"], undefined), (error: Error) => {
      assert.match(error.message, /has a user name or password in it/);
      assert.ok(!error.message.includes("secret"));
      return true;
    });
  });

  it("shows the first five of many wrong URLs, and counts the rest", async () => {
    const path = file(Array.from({ length: 8 }, (_, at) => `wrong ${at}`).join("\n"));
    await refused([], path, /wrong 4.*\nand 3 more$/s);
  });

  it("prints no control characters of a file that is no list", async () => {
    const path = file("\u001B[2J\u0007");
    await refused([], path, /"\?\[2J\?"/);
  });

  it("says why a file cannot be read", async () => {
    await refused(
      [],
      join(folder, "missing.txt"),
      /^cannot read .*missing\.txt: there is no such file\.$/,
    );
    await refused([], folder, /: it is a folder\.$/);
  });

  it("is not empty", async () => {
    await refused([], undefined, "no URL was given.");
    await refused([], file("# nothing\n"), /urls\.txt has no URL in it\.$/);
  });
});
