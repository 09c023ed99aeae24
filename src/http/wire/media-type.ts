import { TOKEN_SET } from "./characters.ts";
import { parseParameters } from "./quoted.ts";

/** What a Content-Type says: `text/html; charset=utf-8`. */
export interface MediaType {
  /** Type and subtype in lower case: `text/html`. */
  readonly essence: string;
  /** By names in lower case; values without their quotes. */
  readonly parameters: ReadonlyMap<string, string>;
}

const essence = new RegExp(`^[ \\t]*([${TOKEN_SET}]+/[${TOKEN_SET}]+)`);
const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

/** The media type that `value` names; null where it names none. */
export function parseMediaType(value: string): MediaType | null {
  const match = essence.exec(value);
  if (match === null) return null;
  const [all, name = ""] = match;
  const parameters = all.length === value.length ? NO_PARAMETERS : parseParameters(value, all.length);
  return parameters === null ? null : { essence: name.toLowerCase(), parameters };
}
