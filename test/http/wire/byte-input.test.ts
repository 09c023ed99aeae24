import { describe, it } from "node:test";
import assert from "node:assert/strict";
import "../../../src/host/install-http.ts";
import { ByteInput } from "../../../src/http/wire/byte-input.ts";
import { bytesOf, textOf } from "./reading.ts";

describe("ByteInput", () => {
  it("takes an array as it is where nothing is unread", () => {
    const input = new ByteInput();
    const bytes = bytesOf("abc");
    input.push(bytes);
    assert.equal(input.bytes, bytes);
    assert.equal(input.unreadBytes, 3);
  });

  it("moves what is unread a few times only, however small the pieces are", () => {
    const input = new ByteInput();
    const arrays = new Set<Uint8Array>();
    for (let count = 0; count < 10_000; count++) {
      input.push(bytesOf("a"));
      arrays.add(input.bytes);
    }
    assert.equal(input.unreadBytes, 10_000);
    assert.ok(arrays.size < 20, `${arrays.size} arrays`);
    assert.equal(input.latin1(input.at, input.end), "a".repeat(10_000));
  });

  it("writes nowhere but behind what has been read", () => {
    const input = new ByteInput();
    input.push(bytesOf("abcdef"));
    input.push(bytesOf("g"));
    const taken = input.bytes.subarray(input.at, input.at + 3);
    input.at += 3;
    for (let count = 0; count < 100; count++) input.push(bytesOf("hij"));
    assert.equal(textOf(taken), "abc");
    assert.equal(textOf(input.takeUnread() ?? new Uint8Array()), `defg${"hij".repeat(100)}`);
  });

  it("retains nothing where nothing is unread", () => {
    const input = new ByteInput();
    input.push(bytesOf("abc"));
    input.at = 2;
    input.release();
    assert.equal(input.unreadBytes, 1);
    input.at = 3;
    input.release();
    assert.equal(input.bytes.length, 0);
    assert.equal(input.takeUnread(), null);
  });

  it("has the text of a whole head, or of as much of it as is allowed", () => {
    const input = new ByteInput();
    const long = `${"a".repeat(2_000)}\r\n\r\n${"b".repeat(3_000)}`;
    input.push(bytesOf(long));
    assert.equal(input.headText(10_000), long);
    assert.equal(input.headText(1_500), long.slice(0, 1_500));
    const short = new ByteInput();
    short.push(bytesOf(`abc\r\n\r\n${"b".repeat(3_000)}`));
    assert.ok(short.headText(10_000).length < 2_000);
  });
});
