/** Rows of the client's matrix in `docs/http-comparison.md`: files, and forms with files, as bodies of requests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { HttpClient, Multipart, serve } from "../../../src/http.ts";
import { openFile, temporaryDirectory, writeFile } from "../../../src/io.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("The body of a request", () => {
  it("may be an open file, with its length", async () => {
    await using server = await serve(
      async (request) => `${request.headers.get("content-length")}: ${await request.text()}`,
      { host: "127.0.0.1" },
    );
    await using folder = await temporaryDirectory();
    const path = join(folder.path, "body");
    await writeFile(path, "of a file");
    await using file = await openFile(path);
    await using http = new HttpClient({ baseUrl: server.url });
    assert.equal(await http.post("/", { body: file }).text(), "9: of a file");
  });

  it("may be a form with streams in it, and a multipart in a multipart", async () => {
    await using server = await serve(async (request) => request.text(), { host: "127.0.0.1" });
    await using http = new HttpClient({ baseUrl: server.url });
    const photo = async function* (): AsyncGenerator<string> {
      yield "PN";
      yield "G";
    };
    const inner = new Multipart({ subtype: "mixed" }).part("first").part(bytesOf("second"));
    const form = new Multipart().field("photo", photo(), { filename: "a.png" }).field("all", inner);
    const text = await http.post("/", { body: form }).text();
    assert.match(text, /name="photo"; filename="a\.png"\r\n[^]*\r\n\r\nPNG\r\n--/);
    assert.match(
      text,
      /Content-Type: multipart\/mixed; boundary=[^]*\r\n\r\nfirst\r\n--[^]*\r\n\r\nsecond\r\n--/,
    );
    const web = new FormData();
    web.set("field", "value");
    assert.match(await http.post("/", { body: web }).text(), /name="field"\r\n\r\nvalue\r\n--/);
  });
});
