import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { httpPlatform } from "../platform.ts";

const VALID = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;
const TOKEN = /^[0-9A-Za-z'+_\-.]+$/;
const RANDOM_BYTES = 16;

/**
 * What separates the parts of a body. It must not be guessed: who can, and writes the content of one part, makes further parts of it. So it
 * comes from the platform's generator for secrets, not from the host's chance.
 *
 * @throws {InvalidArgument} for one that RFC 2046 does not allow.
 */
export function boundaryOf(given: string | undefined): string {
  if (given === undefined) return `tsyncio-${httpPlatform().randomHex(RANDOM_BYTES)}`;
  if (typeof given === "string" && VALID.test(given)) return given;
  throw new InvalidArgument(
    `boundary is ${show(given)}. Give 1 to 70 letters, digits and ' ( ) + _ , - . / : = ? or leave it out.`,
  );
}

/** The content type of a body with this boundary. */
export function multipartType(subtype: string, boundary: string): string {
  return `multipart/${subtype}; boundary=${TOKEN.test(boundary) ? boundary : `"${boundary}"`}`;
}
