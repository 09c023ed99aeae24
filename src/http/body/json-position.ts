/**
 * Where a text stops being JSON. The parsers of the platforms say it in words of their own, or not at all.
 *
 * One pass over the text, without recursion: it is asked about what strangers send.
 */
const SPACE = /[\t\n\r ]*/y;
const INTEGER = /-?(?:0|[1-9]\d*)?/y;
const DIGITS = /\d*/y;
const FRACTION = /\.?/y;
const EXPONENT = /(?:[eE][+-]?)?/y;
const DIGIT = /\d/;
const HEX = /[0-9a-fA-F]/;
const ESCAPED = '"\\/bfnrtu';
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE_CODE = 0x20;
const WORDS = ["true", "false", "null"] as const;

/** What may come next. */
type Expected = "value" | "first item" | "first key" | "key" | "colon" | "comma";

/** How many characters of `text` come before the first that no JSON text could have there; its length where more had to come. */
export function jsonErrorAt(text: string): number {
  return new JsonScan(text).run();
}

class JsonScan {
  readonly #text: string;
  /** The brackets that are open. */
  readonly #open: string[] = [];
  #at = 0;
  #expected: Expected = "value";

  constructor(text: string) {
    this.#text = text;
  }

  run(): number {
    for (;;) {
      this.#match(SPACE);
      if (this.#at >= this.#text.length || !this.#step(this.#text.charAt(this.#at))) return this.#at;
    }
  }

  #step(char: string): boolean {
    switch (this.#expected) {
      case "value":
        return this.#value(char);
      case "first item":
        return char === "]" ? this.#close() : this.#value(char);
      case "first key":
        return char === "}" ? this.#close() : this.#key(char);
      case "key":
        return this.#key(char);
      case "colon":
        return char === ":" && this.#punctuation("value");
      case "comma":
        return this.#comma(char);
    }
  }

  #value(char: string): boolean {
    this.#expected = "comma";
    if (char === '"') return this.#string();
    if (char === "{" || char === "[") {
      this.#open.push(char);
      return this.#punctuation(char === "{" ? "first key" : "first item");
    }
    const word = WORDS.find((each) => each.startsWith(char));
    if (word === undefined) return this.#number();
    for (const each of word) {
      if (this.#text.charAt(this.#at) !== each) return false;
      this.#at++;
    }
    return true;
  }

  #number(): boolean {
    this.#match(INTEGER);
    if (!this.#isBehindDigit()) return false;
    for (const mark of [FRACTION, EXPONENT]) {
      const from = this.#at;
      if (this.#match(mark) === from) continue;
      this.#match(DIGITS);
      if (!this.#isBehindDigit()) return false;
    }
    return true;
  }

  #isBehindDigit(): boolean {
    return DIGIT.test(this.#text.charAt(this.#at - 1));
  }

  #key(char: string): boolean {
    this.#expected = "colon";
    return char === '"' && this.#string();
  }

  /** A loop and no pattern, which would run out of stack in a long string. Stops at what is wrong in it. */
  #string(): boolean {
    const text = this.#text;
    for (this.#at++; this.#at < text.length;) {
      const code = text.charCodeAt(this.#at);
      if (code === QUOTE || code < SPACE_CODE) {
        if (code === QUOTE) this.#at++;
        return code === QUOTE;
      }
      if (code !== BACKSLASH) this.#at++;
      else if (!this.#escape()) return false;
    }
    return false;
  }

  #escape(): boolean {
    const kind = this.#text.charAt(++this.#at);
    if (kind === "") return true;
    if (!ESCAPED.includes(kind)) return false;
    this.#at++;
    for (let digits = kind === "u" ? 4 : 0; digits > 0 && this.#at < this.#text.length; digits--) {
      if (!HEX.test(this.#text.charAt(this.#at))) return false;
      this.#at++;
    }
    return true;
  }

  #comma(char: string): boolean {
    const inside = this.#open.at(-1);
    if (char === "," && inside !== undefined) return this.#punctuation(inside === "{" ? "key" : "value");
    const closes = (char === "}" && inside === "{") || (char === "]" && inside === "[");
    return closes && this.#close();
  }

  #close(): boolean {
    this.#open.pop();
    return this.#punctuation("comma");
  }

  #punctuation(expected: Expected): true {
    this.#at++;
    this.#expected = expected;
    return true;
  }

  #match(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    if (pattern.test(this.#text)) this.#at = pattern.lastIndex;
    return this.#at;
  }
}
