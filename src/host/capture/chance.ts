/**
 * Chance inside a world: everything that draws numbers draws them from the world's one stream.
 *
 * The original is asked first, so that it checks the arguments, makes the buffers and throws its own errors; what it drew is
 * written over. The forms with a callback draw at once, and call back in the next turn. `getRandomValues` of `node:crypto` is
 * not in the list: on every runtime it calls the one of the global `crypto`.
 */
import process from "node:process";
import type { CapturedWorld } from "../../testing/platform.ts";
import type { Answer, Patches } from "./patches.ts";

const RealDate = Date;
const UUID_BYTES = 16;
const HALF_DRAW = 2 ** 24;

/** Makes the result inside a world of what the original has made of the same arguments. */
type Remake = (world: CapturedWorld, args: readonly unknown[], made: unknown) => unknown;

/** Originals call one another (Deno's `randomBytes` calls `getRandomValues`). Those inner calls must draw nothing. */
let inOriginal = false;

function ask(original: () => unknown): unknown {
  inOriginal = true;
  try {
    return original();
  } finally {
    inOriginal = false;
  }
}

function drawn(remake: Remake): Answer {
  return (world, args, real) => (inOriginal ? real() : remake(world, args, ask(real)));
}

/** With a callback as the last argument, what `original` gives without it comes in the next turn. */
function drawnOrLater(remake: Remake, original: Function, noError: null | undefined): Answer {
  const atOnce = drawn(remake);
  return (world, args, real, newTarget) => {
    const callback = args.at(-1);
    if (typeof callback !== "function") return atOnce(world, args, real, newTarget);
    const given = args.slice(0, -1);
    const value = remake(
      world,
      given,
      ask(() => Reflect.apply(original, undefined, given)),
    );
    world.setForeignTurn(() => Reflect.apply(callback, undefined, [noError, value]));
    return undefined;
  };
}

/** Writes the world's bytes, four from each number. */
function fill(world: CapturedWorld, bytes: Uint8Array): Uint8Array {
  for (let at = 0; at < bytes.length; at += 4) {
    const word = Math.floor(world.userRandom() * 2 ** 32);
    const end = Math.min(at + 4, bytes.length);
    for (let index = at; index < end; index++) bytes[index] = word >>> (8 * (index - at));
  }
  return bytes;
}

function bytesOf(buffer: ArrayBufferLike | ArrayBufferView): Uint8Array {
  if (!ArrayBuffer.isView(buffer)) return new Uint8Array(buffer);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

const filled: Remake = (world, _, made) => {
  fill(world, bytesOf(made as ArrayBufferView));
  return made;
};

/** Offset and size count elements, or bytes where the buffer has none. */
const filledRange: Remake = (world, args, made) => {
  const [, offset = 0, size] = args as [unknown, number | undefined, number | undefined];
  const buffer = made as ArrayBufferLike | ArrayBufferView;
  const unit = "BYTES_PER_ELEMENT" in buffer ? Number(buffer.BYTES_PER_ELEMENT) : 1;
  const end = size === undefined ? undefined : (offset + size) * unit;
  fill(world, bytesOf(buffer).subarray(offset * unit, end));
  return made;
};

/** Draws 48 bits until they are below the largest multiple of the range: no remainder is favoured. */
const integer: Remake = (world, args) => {
  const [min, max] = (typeof args[1] === "number" ? args : [0, args[0]]) as [number, number];
  const range = max - min;
  const limit = HALF_DRAW ** 2 - (HALF_DRAW ** 2 % range);
  for (;;) {
    const high = Math.floor(world.userRandom() * HALF_DRAW);
    const draw = high * HALF_DRAW + Math.floor(world.userRandom() * HALF_DRAW);
    if (draw < limit) return min + (draw % range);
  }
};

/** The bits of RFC 9562. */
function uuidBytes(world: CapturedWorld, version: 4 | 7): DataView<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer(UUID_BYTES));
  fill(world, bytesOf(bytes));
  bytes.setUint8(6, (bytes.getUint8(6) & 0x0f) | (version << 4));
  bytes.setUint8(8, (bytes.getUint8(8) & 0x3f) | 0x80);
  return bytes;
}

function uuidText(bytes: DataView<ArrayBuffer>): string {
  const digits = Buffer.from(bytes.buffer).toString("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const uuidV4: Remake = (world) => uuidText(uuidBytes(world, 4));

/** Version 7 begins with the milliseconds since 1970. Bun's own takes an encoding and a time. */
const uuidV7: Remake = (world, args, made) => {
  const [encoding, time] = args as [unknown, number | Date | undefined];
  const ms = Math.floor(time === undefined ? world.wallNow() : new RealDate(time).getTime());
  const bytes = uuidBytes(world, 7);
  bytes.setUint16(0, Math.floor(ms / 2 ** 32));
  bytes.setUint32(2, ms % 2 ** 32);
  if (typeof made !== "string") return Buffer.from(bytes.buffer);
  if (encoding !== "base64" && encoding !== "base64url") return uuidText(bytes);
  return Buffer.from(bytes.buffer).toString(encoding);
};

export function captureChance(patches: Patches): void {
  patches.answer(Math, "random", (world, _, real) => (inOriginal ? real() : world.userRandom()));
  patches.answer(globalThis.crypto, "randomUUID", drawn(uuidV4));
  patches.answer(globalThis.crypto, "getRandomValues", drawn(filled));
  const crypto = process.getBuiltinModule("node:crypto");
  const { randomBytes, randomInt, randomFillSync } = crypto;
  patches.answer(crypto, "randomUUID", drawn(uuidV4));
  patches.answer(crypto, "randomUUIDv7", drawn(uuidV7));
  patches.answer(crypto, "randomBytes", drawnOrLater(filled, randomBytes, null));
  patches.answer(crypto, "randomInt", drawnOrLater(integer, randomInt, undefined));
  patches.answer(crypto, "randomFillSync", drawn(filledRange));
  patches.answer(crypto, "randomFill", drawnOrLater(filledRange, randomFillSync, null));
  patches.answer(Reflect.get(globalThis, "Bun") as object | undefined, "randomUUIDv7", drawn(uuidV7));
}
