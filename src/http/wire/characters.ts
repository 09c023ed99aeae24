/**
 * Which bytes may stand where, in the words of RFC 9110 and RFC 9112. The classes for the byte by byte scan and those for regular
 * expressions are made from the same text, so that the two cannot differ.
 */

/** The inside of a bracket expression for what a method and a field name are made of (RFC 9110, 5.6.2). */
export const TOKEN_SET = "!#$%&'*+\\-.^_`|~0-9A-Za-z";

/** For field values and reasons: visible characters, spaces, tabs, and the bytes above ASCII (RFC 9110, 5.5). */
export const VALUE_SET = "\\t\\x20-\\x7e\\x80-\\xff";

/** For request targets: visible ASCII but "#", for a fragment never travels. Browsers send "|", "[" and the like as they are. */
export const TARGET_SET = "\\x21\\x22\\x24-\\x7e";

export const TOKEN = 1;
export const VALUE = 2;
export const TARGET = 4;
/** What a quoted string holds without a backslash before it (RFC 9110, 5.6.4). */
export const QUOTED = 8;

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;
export const ZERO = 0x30;
export const TILDE = 0x7e;

/** For each byte the sum of the classes that it is in. */
export const classes: Uint8Array = classified();

function classified(): Uint8Array {
  const table = new Uint8Array(256);
  const sets = [TOKEN_SET, VALUE_SET, TARGET_SET].map((set) => new RegExp(`[${set}]`));
  for (let byte = 0; byte < 256; byte++) {
    const character = String.fromCharCode(byte);
    sets.forEach((set, bit) => {
      if (set.test(character)) table[byte] = (table[byte] ?? 0) | (1 << bit);
    });
    if ((table[byte] ?? 0) & VALUE && byte !== QUOTE && byte !== BACKSLASH)
      table[byte] = (table[byte] ?? 0) | QUOTED;
  }
  return table;
}

/** The value of a hexadecimal digit, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

const token = new RegExp(`^[${TOKEN_SET}]+$`);

export function isToken(text: string): boolean {
  return token.test(text);
}
