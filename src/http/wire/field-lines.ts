/**
 * Cutting a field section that has been validated: lines of `name:value`, each ended by CRLF. Nothing here checks anything, and a CR
 * can only be the end of a line.
 */
import { COLON, SPACE, TAB, TILDE } from "./characters.ts";

/** Whether the line at `at` is of the field `name`, which is given in lower case. */
export function isNamed(text: string, at: number, name: string): boolean {
  if (text.charCodeAt(at + name.length) !== COLON) return false;
  for (let index = 0; index < name.length; index++) {
    const code = text.charCodeAt(at + index);
    const wanted = name.charCodeAt(index);
    // Of the pairs of characters in a token that differ by this bit alone, "^" and "~" are no letter and its capital.
    if (code !== wanted && ((code | 0x20) !== wanted || wanted === TILDE)) return false;
  }
  return true;
}

/** The value between `start`, behind the colon, and `end`, the CR; without the spaces and tabs around it. */
export function cutValue(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (from < to && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** `text` without the spaces and tabs around it. `trim` would take more: a non-breaking space is a part of a value. */
export function trimBlanks(text: string): string {
  return cutValue(text, 0, text.length);
}

/** The elements of a list, in small letters. */
export function listOf(value: string): string[] {
  return value.toLowerCase().split(",").map(trimBlanks);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
