/** The command line of `tsyncio fetch`. */
import { parseArgs } from "node:util";
import { Misuse, nearest } from "./misuse.ts";

export interface FetchOptions {
  /** How many pages are fetched at the same time. */
  readonly concurrency: number;
  /** How many of them from one host. */
  readonly perHost: number;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  /** How often a page is tried again. */
  readonly retries: number;
  /** Whether results are printed as JSON. */
  readonly json: boolean;
}

export interface FetchArguments extends FetchOptions {
  /** As they were given, unchecked. */
  readonly urls: readonly string[];
  readonly file: string | undefined;
  readonly help: boolean;
}

export const fetchDefaults: Readonly<Omit<FetchOptions, "json">> = {
  concurrency: 32,
  perHost: 8,
  timeoutMs: 30_000,
  retries: 0,
};

export const fetchHelp: string = `Usage: tsyncio fetch [URL...] [options]

Fetches pages at the same time, and prints a line for each as it ends: status, bytes, time, URL.

  --file FILE        also fetch the URLs in FILE, one a line; blank lines and lines with # are skipped
  --concurrency N    pages at the same time (default ${fetchDefaults.concurrency})
  --per-host N       of these, from one host (default ${fetchDefaults.perHost})
  --timeout MS       time for one attempt, in milliseconds (default ${fetchDefaults.timeoutMs})
  --retries N        tries again after a lost connection, a timeout, 429 or 503 (default ${fetchDefaults.retries})
  --json             one JSON object a line, the summary last
  --help             this text

Exit code: 0 when every page was fetched, 1 when one failed (no answer, or a status of 400 or more),
2 for wrong usage, 130 after Ctrl-C.
`;

const options = {
  file: { type: "string" },
  concurrency: { type: "string" },
  "per-host": { type: "string" },
  timeout: { type: "string" },
  retries: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws {Misuse} */
export function parseFetchArguments(args: readonly string[]): FetchArguments {
  // Not strict: the words for what is wrong are ours.
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const urls: string[] = [];
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === "positional") urls.push(token.value);
    else if (token.kind === "option") given.set(token.name, valueOf(token));
  }
  return {
    urls,
    file: given.get("file"),
    concurrency: wholeNumber(
      "--concurrency",
      given.get("concurrency") ?? `${fetchDefaults.concurrency}`,
      1,
    ),
    perHost: wholeNumber("--per-host", given.get("per-host") ?? `${fetchDefaults.perHost}`, 1),
    timeoutMs: wholeNumber("--timeout", given.get("timeout") ?? `${fetchDefaults.timeoutMs}`, 1),
    retries: wholeNumber("--retries", given.get("retries") ?? `${fetchDefaults.retries}`, 0),
    json: given.has("json"),
    help: given.has("help"),
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function valueOf({ name, rawName, value }: OptionToken): string {
  if (!Object.hasOwn(options, name)) {
    const meant = nearest(name, Object.keys(options));
    throw new Misuse(
      `unknown option ${rawName}.${meant === undefined ? "" : ` Did you mean --${meant}?`}`,
    );
  }
  const { type } = options[name as keyof typeof options];
  if (type === "boolean" && value !== undefined) {
    throw new Misuse(`${rawName} is a switch and takes no value; it was given ${JSON.stringify(value)}.`);
  }
  if (type === "string" && (value === undefined || value === "" || isOption(value))) {
    throw new Misuse(`${rawName} needs a value after it.`);
  }
  return value ?? "";
}

/** `--concurrency --json` has forgotten a value; `--concurrency -3` has a wrong one. */
function isOption(text: string): boolean {
  return /^--?[a-z]/i.test(text);
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Misuse(`${name} is ${JSON.stringify(text)}. Give a whole number of at least ${least}.`);
}
