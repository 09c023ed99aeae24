import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withTimeoutOr } from "../../../src/index.ts";
import { openFile, temporaryDirectory, writeFile } from "../../../src/io.ts";
import { Multipart } from "../../../src/http/body/multipart.ts";
import { outgoingBody, type BodyInit } from "../../../src/http/body/outgoing-body.ts";
import { simulate, virtual } from "../../../src/testing.ts";
import { encode } from "./feeding.ts";
import { sent } from "./wire-end.ts";

const isInvalid = { code: "TSY_INVALID_ARGUMENT" };

/** What is sent, with `B` for its boundary. */
async function text(init: BodyInit): Promise<string> {
  const body = outgoingBody(init);
  const [, boundary = ""] = /boundary="?([^"]*)/.exec(body.contentType ?? "") ?? [];
  return (await sent(body)).replaceAll(boundary, "B");
}

/** A form with one field, as the platform reads it. */
async function parsed(init: BodyInit): Promise<Array<[string, string | File]>> {
  const body = outgoingBody(init);
  const response = new Response(await sent(body), {
    headers: { "content-type": body.contentType ?? "" },
  });
  return [...(await response.formData())] as Array<[string, string | File]>;
}

describe("A form with files", () => {
  it("is written as browsers do", async () => {
    const form = new Multipart()
      .field("title", "Holidays")
      .field("photo", encode("PNG"), { filename: "beach.png", contentType: "image/png" })
      .field("raw", encode("abc"), { headers: { "X-Kind": "bytes" } });
    assert.equal(
      await text(form),
      '--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nHolidays\r\n' +
        '--B\r\nContent-Disposition: form-data; name="photo"; filename="beach.png"\r\nContent-Type: image/png\r\n\r\nPNG\r\n' +
        '--B\r\nContent-Disposition: form-data; name="raw"\r\nContent-Type: application/octet-stream\r\nX-Kind: bytes\r\n\r\nabc\r\n' +
        "--B--\r\n",
    );
  });

  it("is read by the platform as it was meant", async () => {
    const form = new Multipart()
      .field("tïtle", "é\r\n--\r\n")
      .field("empty", "")
      .field("file", new Blob(["data"], { type: "text/css" }), { filename: "grüße.css" });
    const [title, empty, file] = await parsed(form);
    assert.deepEqual(
      [title, empty],
      [
        ["tïtle", "é\r\n--\r\n"],
        ["empty", ""],
      ],
    );
    assert.ok(file?.[1] instanceof File);
    assert.deepEqual(
      [file[1].name, file[1].type.split(";")[0], await file[1].text()],
      ["grüße.css", "text/css", "data"],
    );
  });

  it("has the length of what is sent, where all lengths are known", async () => {
    const form = new Multipart().field("ä", "ö").field("b", new Blob(["abc"]));
    const body = outgoingBody(form);
    assert.equal(body.lengthBytes, encode(await sent(body)).length);
    assert.equal(body.isRepeatable, true);
    form.field("stream", new Set(["x"]));
    assert.equal(body.lengthBytes, encode(await sent(body)).length);
    const streamed = outgoingBody(form);
    assert.deepEqual([streamed.lengthBytes, streamed.isRepeatable], [null, false]);
    assert.match(await sent(streamed), /x\r\n--tsyncio-[0-9a-f]{32}--\r\n$/);
  });

  it("without parts is its end", async () => {
    assert.equal(await text(new Multipart()), "--B--\r\n");
  });

  it("holds another multipart, and whatever else can be a body", async () => {
    const inner = new Multipart({ subtype: "mixed", boundary: "inner" })
      .part("plain")
      .part(new URLSearchParams("a=1"));
    const outer = new Multipart({ boundary: "outer" }).field("files", inner).field("json", jsonText());
    assert.equal(
      await sent(outgoingBody(outer)),
      '--outer\r\nContent-Disposition: form-data; name="files"\r\nContent-Type: multipart/mixed; boundary=inner\r\n\r\n' +
        "--inner\r\nContent-Type: text/plain;charset=UTF-8\r\n\r\nplain\r\n" +
        "--inner\r\nContent-Type: application/x-www-form-urlencoded;charset=UTF-8\r\n\r\na=1\r\n" +
        "--inner--\r\n\r\n" +
        '--outer\r\nContent-Disposition: form-data; name="json"\r\nContent-Type: application/octet-stream\r\n\r\n{}\r\n' +
        "--outer--\r\n",
    );
  });

  it("streams open files, under their names", async () => {
    await using directory = await temporaryDirectory();
    await writeFile(`${directory.path}/data.bin`, "x".repeat(150_000));
    await using file = await openFile(`${directory.path}/data.bin`);
    const body = outgoingBody(new Multipart().field("upload", file));
    assert.equal(body.lengthBytes, null);
    await body.prepare();
    const all = await sent(body);
    assert.equal(body.lengthBytes, all.length);
    assert.match(
      all,
      /filename="data.bin"\r\nContent-Type: application\/octet-stream\r\n\r\nx{150000}\r\n/,
    );
  });

  it("of a web FormData is what browsers send", async () => {
    const form = new FormData();
    form.append("a", "one\ntwo");
    form.append("f", new File(["data"], 'we"ird.png', { type: "image/png" }));
    form.append("g", new Blob(["x"]));
    assert.equal(
      await text(form),
      '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\ntwo\r\n' +
        '--B\r\nContent-Disposition: form-data; name="f"; filename="we%22ird.png"\r\nContent-Type: image/png\r\n\r\ndata\r\n' +
        '--B\r\nContent-Disposition: form-data; name="g"; filename="blob"\r\nContent-Type: application/octet-stream\r\n\r\nx\r\n' +
        "--B--\r\n",
    );
    assert.equal(outgoingBody(form).isRepeatable, true);
  });
});

describe("Nothing can be put into the head of a part", () => {
  it("by a name or a filename: what could end its line or its quotes is written by percent", async () => {
    const evil = 'a"\r\nX-Evil: 1\r\n\r\nb';
    const written = await text(new Multipart().field(evil, "", { filename: evil }));
    assert.ok(!written.includes("\r\nX-Evil"));
    assert.match(written, /name="a%22%0D%0AX-Evil: 1%0D%0A%0D%0Ab"; filename="a%22%0D%0AX-Evil/);
    for (const name of ["a\0b", "a\u007f", 42 as never])
      assert.throws(() => new Multipart().field(name, ""), isInvalid);
    assert.match(await text(new Multipart().field("\ud800", "")), /name="\ufffd"/);
  });

  it("by a content type, a field, a subtype or a boundary", () => {
    const evil = "text/plain\r\nX-Evil: 1";
    const form = new Multipart();
    for (const options of [
      { contentType: evil },
      { headers: { "X-A": evil } },
      { headers: { "X-A\r\nX-Evil": "1" } },
      { headers: { "Content-Type": "text/html" } },
      { headers: [["content-disposition", "inline"]] as const },
    ])
      assert.throws(() => form.field("a", "", options), isInvalid);
    for (const options of [
      { subtype: "mixed; x=y" },
      { subtype: "" },
      { boundary: "" },
      { boundary: "a\r\nb" },
      { boundary: "a " },
      { boundary: "x".repeat(71) },
    ])
      assert.throws(() => new Multipart(options), isInvalid);
    assert.equal(new Multipart({ boundary: "a b" }).contentType, 'multipart/form-data; boundary="a b"');
  });

  it("by one who has seen other boundaries: each is of its own, and the same again in a simulation only", async () => {
    assert.notEqual(new Multipart().contentType, new Multipart().contentType);
    const types: string[] = [];
    const make = simulate({ runs: 1 }, () => void types.push(new Multipart().contentType));
    await make();
    await make();
    assert.equal(types.length, 2);
    assert.equal(types[0], types[1]);
  });

  it("by a field where there are none, or a part without a name in a form", () => {
    assert.throws(() => new Multipart({ subtype: "mixed" }).field("a", ""), isInvalid);
    assert.throws(() => new Multipart().part("a"), isInvalid);
    assert.throws(() => new Multipart().field("a", { b: 1 } as never), isInvalid);
  });
});

describe("The sources of a multipart", () => {
  const watched = (name: string, ended: string[]): ReadableStream<string> =>
    new ReadableStream({
      start: (controller) => controller.enqueue("first"),
      cancel: () => void ended.push(name),
    });

  it(
    "are ended when its sending is cancelled: the one that is sent, and those to come",
    virtual(async () => {
      const ended: string[] = [];
      const form = new Multipart()
        .field(
          "a",
          (async function* () {
            try {
              yield "first";
              await sleep(60_000);
            } finally {
              ended.push("a");
            }
          })(),
        )
        .field("b", watched("b", ended));
      assert.equal(await withTimeoutOr(5, () => sent(outgoingBody(form)), "late"), "late");
      assert.deepEqual(ended.toSorted(), ["a", "b"]);
      ended.length = 0;
      const stuck = new Multipart().field("a", watched("a", ended)).field("b", watched("b", ended));
      assert.equal(await withTimeoutOr(5, () => sent(outgoingBody(stuck)), "late"), "late");
      assert.deepEqual(ended.toSorted(), ["a", "b"]);
    }),
  );

  it("are given up when it is not sent at all", async () => {
    const ended: string[] = [];
    outgoingBody(new Multipart().field("a", watched("a", ended)).field("b", "text")).dispose();
    await Promise.resolve();
    assert.deepEqual(ended, ["a"]);
  });
});

function jsonText(): Uint8Array {
  return encode("{}");
}
