import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { filePlatform } from "./platform.ts";

/** Where a file stands: a path, relative to the working directory unless it is absolute, or a `file:` URL. */
export type FilePath = string | URL;

/** What is written: bytes, or text, which is written as UTF-8. */
export type FileData = string | Uint8Array;

const encoder = new TextEncoder();

/** @throws {InvalidArgument} for what is no path. `name` says which argument it is. */
export function checkPath(name: string, path: FilePath): string {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return path;
  if (path instanceof URL && path.protocol === "file:") return fromUrl(name, path);
  throw new InvalidArgument(
    `${name} is ${show(path instanceof URL ? path.href : path)}. Give a path, which is not empty and has no NUL in it, or a file: URL.`,
  );
}

function fromUrl(name: string, url: URL): string {
  try {
    return filePlatform().pathOf(url);
  } catch {
    throw new InvalidArgument(`${name} is ${show(url.href)}, and stands for no path on this platform.`);
  }
}

export function checkData(name: string, data: FileData): Uint8Array {
  if (typeof data === "string") return encoder.encode(data);
  if (data instanceof Uint8Array) return data;
  throw new InvalidArgument(`${name} is ${show(data)}. Give a string or a Uint8Array.`);
}

/** A size or a place in a file: an integer from 0 to 2^53 - 1. */
export function checkPlace(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgument(
    `${name} is ${show(value)}. Give a number of bytes: an integer of at least 0.`,
  );
}

export function checkPermissions(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0o7777) return value;
  throw new InvalidArgument(`${name} is ${show(value)}. Give permission bits, 0o644 for example.`);
}
