/** Quoted strings and parameters (RFC 9110, 5.6.4 and 5.6.6). */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { trimBlanks } from "./field-lines.ts";
import { isToken, TOKEN_SET, VALUE_SET } from "./characters.ts";

const quotable = new RegExp(`^[${VALUE_SET}]*$`);

/**
 * `text` as the value of a parameter: as it is where it is a token, between quotes otherwise.
 * @throws {InvalidArgument} when it has a character that no quoted string can hold.
 */
export function quoteString(text: string): string {
  if (isToken(text)) return text;
  if (!quotable.test(text)) {
    throw new InvalidArgument(
      `a quoted string is to hold ${show(text)}. Give text without control characters and line ends, of characters up to U+00FF.`,
    );
  }
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

const parameter = new RegExp(
  `[ \\t]*;[ \\t]*(?:([${TOKEN_SET}]+)=(?:([${TOKEN_SET}]+)|"((?:[^"\\\\]|\\\\.)*)")(?=[ \\t]*(?:;|$)))?`,
  "y",
);

/**
 * The parameters in `text` from `start` on, which begin with a semicolon: names in lower case, values without their quotes. Of a name
 * that comes twice the first counts. Null where `text` is not made so.
 */
export function parseParameters(text: string, start: number): Map<string, string> | null {
  const found = new Map<string, string>();
  parameter.lastIndex = start;
  while (parameter.lastIndex < text.length) {
    const from = parameter.lastIndex;
    const match = parameter.exec(text);
    if (match === null) return isBlankFrom(text, from) ? found : null;
    const [, name, token, quoted] = match;
    const key = name?.toLowerCase();
    if (key !== undefined && !found.has(key)) found.set(key, token ?? unescaped(quoted ?? ""));
  }
  return found;
}

function isBlankFrom(text: string, start: number): boolean {
  return trimBlanks(text.slice(start)) === "";
}

function unescaped(quoted: string): string {
  return quoted.replace(/\\(.)/g, "$1");
}
