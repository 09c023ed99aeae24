/** Where a command writes. Handed in, so that a test can read along. */

/** One of the two streams of a program. */
export interface Sink {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** How wide the terminal is now, in characters. */
  readonly columns: number;
  /** Settles when everything written has left the program. */
  flushed(): Promise<void>;
}

export interface Terminal {
  readonly out: Sink;
  readonly err: Sink;
  /** Whether what goes to `out` may be coloured. */
  readonly colour: boolean;
}

const colours = { red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, grey: 90, bold: 1 } as const;

export type Colour = keyof typeof colours;

/** Colours a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

export function painter(on: boolean): Paint {
  if (!on) return (_colour, text) => text;
  return (colour, text) => `\u001B[${colours[colour]}m${text}\u001B[${colour === "bold" ? 22 : 39}m`;
}

/** What came from elsewhere, on one line, and unable to move the cursor. */
export function printable(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/\p{Cc}/gu, "?");
}
