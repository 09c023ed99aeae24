/** Three ways to fetch many pages. The tour shows the text of these functions and runs them. */
import { map, withTimeout } from "tsyncio";
import { HttpClient } from "tsyncio/http";

export interface FetchedPage {
  readonly status: number;
  readonly bytes: number;
}

type GetAll = (urls: readonly string[]) => Promise<FetchedPage[]>;

/** A way with and without a limit of time. */
export interface Way {
  readonly name: string;
  readonly getAll: GetAll;
  readonly within: (ms: number, work: () => Promise<FetchedPage[]>) => Promise<FetchedPage[]>;
}

async function get(url: string): Promise<FetchedPage> {
  const response = await fetch(url);
  const body = await response.bytes();
  return { status: response.status, bytes: body.length };
}

const oneByOne: GetAll = async (urls) => {
  const pages = [];
  for (const url of urls) pages.push(await get(url));
  return pages;
};

const promiseAll: GetAll = (urls) => Promise.all(urls.map((url) => get(url)));

const structured: GetAll = async (urls) => {
  await using http = new HttpClient();
  return await map(urls, async (url) => {
    const response = await http.get(url);
    const body = await response.bytes();
    return { status: response.status, bytes: body.length };
  });
};

const race: Way["within"] = (ms, work) => Promise.race([work(), rejectAfter(ms)]);

const limit: Way["within"] = (ms, work) => withTimeout(ms, work);

function rejectAfter(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`did not end within ${ms} ms`)), ms);
  });
}

export const ways: readonly Way[] = [
  { name: "one by one", getAll: oneByOne, within: race },
  { name: "Promise.all", getAll: promiseAll, within: race },
  { name: "tsyncio", getAll: structured, within: limit },
];

/** The text of a function as it stands here, without the blanks that took the place of its types. */
export function textOf(fn: (...args: never[]) => unknown): string[] {
  return String(fn)
    .split("\n")
    .map((line) => line.replaceAll(/(?<=\S) {2,}/g, " ").replaceAll(/ +(?=[;),])/g, ""));
}
