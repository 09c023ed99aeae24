/** The URLs a command is to work on: from the command line, and from a file with one a line. */
import { readFile } from "node:fs/promises";
import { until } from "../flow/until.ts";
import { Misuse } from "./misuse.ts";
import { printable } from "./terminal.ts";

const MOST_PROBLEMS_SHOWN = 5;

/**
 * All URLs, those of the command line first, in their order.
 *
 * @throws {Misuse} with every wrong URL and where it stands, before anything is fetched.
 */
export async function readUrls(given: readonly string[], file: string | undefined): Promise<URL[]> {
  const lines = file === undefined ? [] : await readLines(file);
  const urls: URL[] = [];
  const problems: string[] = [];
  const add = (place: string, text: string): void => {
    const result = parseUrl(text);
    if (typeof result === "string") problems.push(`${place}${result}`);
    else urls.push(result);
  };
  for (const text of given) add("", text);
  for (const { number, text } of lines) add(`${file}:${number}: `, text);
  if (problems.length > 0) throw new Misuse(shorten(problems).join("\n"));
  if (urls.length === 0) {
    throw new Misuse(file === undefined ? "no URL was given." : `${file} has no URL in it.`);
  }
  return urls;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

async function readLines(file: string): Promise<Line[]> {
  const text = await until((signal) =>
    readFile(file, { encoding: "utf8", signal }).catch(whyUnreadable(file)),
  );
  return text
    .split(/\r?\n/)
    .map((line, at) => ({ number: at + 1, text: line.trim() }))
    .filter((line) => line.text !== "" && !line.text.startsWith("#"));
}

function whyUnreadable(file: string): (error: NodeJS.ErrnoException) => never {
  const reasons: Record<string, string> = {
    ENOENT: "there is no such file",
    EISDIR: "it is a folder",
    EACCES: "permission denied",
  };
  return (error) => {
    if (error.name === "AbortError") throw error;
    throw new Misuse(`cannot read ${file}: ${reasons[error.code ?? ""] ?? error.message}.`);
  };
}

/** The URL, or what is wrong with the text. */
function parseUrl(text: string): URL | string {
  const shown = JSON.stringify(printable(text));
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const guess = /^[a-z]+:\/\//i.test(text) ? null : URL.parse(`https://${text}`);
    if (guess !== null && /^[\w-]+(\.[\w-]+)+|^localhost\b/.test(text)) {
      return `${shown} has no scheme. Did you mean ${guess.href} or http://${text}?`;
    }
    if (url === null) return `${shown} is not a URL. Give one that begins with http:// or https://.`;
    return `${shown} is not a web address: its scheme is ${url.protocol} Give http:// or https://.`;
  }
  if (url.username !== "" || url.password !== "") {
    return `${shown.replace(/\/\/[^/@]*@/, "//...@")} has a user name or password in it, which fetch refuses.`;
  }
  return url;
}

function shorten(problems: readonly string[]): string[] {
  if (problems.length <= MOST_PROBLEMS_SHOWN) return [...problems];
  const rest = problems.length - MOST_PROBLEMS_SHOWN;
  return [...problems.slice(0, MOST_PROBLEMS_SHOWN), `and ${rest} more`];
}
