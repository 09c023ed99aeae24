/**
 * One regular expression for each whole head. Each is read from left to right without a second thought: wherever a repetition may go on
 * or stop, the next character alone decides, so that the time is linear in the length of the head, also where it does not match (a test
 * proves it of the patterns as they are, by counting steps).
 */
import { TARGET_SET, TOKEN_SET, VALUE_SET } from "./characters.ts";

const FIELDS = `(?:[${TOKEN_SET}]+:[${VALUE_SET}]*\\r\\n)*\\r\\n`;

/** Method, target, the minor digit of the version, fields. */
export const requestHeadPattern: RegExp = new RegExp(
  `[${TOKEN_SET}]+ [${TARGET_SET}]+ HTTP/1\\.[01]\\r\\n${FIELDS}`,
  "y",
);

export const responseHeadPattern: RegExp = new RegExp(
  `HTTP/1\\.[01] [1-9][0-9][0-9](?: [${VALUE_SET}]*)?\\r\\n${FIELDS}`,
  "y",
);

/** Where the head that begins `text` ends; -1 where `text` begins with no whole head. */
export function headEnd(pattern: RegExp, text: string): number {
  pattern.lastIndex = 0;
  return pattern.test(text) ? pattern.lastIndex : -1;
}
