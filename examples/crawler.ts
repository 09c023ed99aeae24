// Follows every link of a site, four pages at a time, and ends when no page is left.
import { forEach, Queue, run } from "tsyncio";
import { HttpClient } from "tsyncio/http";
import { openSmallSite } from "./support/small-site.ts";

const links = (...paths: string[]): string =>
  paths.map((path) => `<a href="${path}">${path}</a>`).join(" ");

const pages = {
  "/": { body: links("/a", "/b", "/c"), latencyMs: 5 },
  "/a": { body: links("/", "/a/1", "/a/2"), latencyMs: 10 },
  "/b": { body: links("/a", "/c"), latencyMs: 5 },
  "/c": { body: links("/c/1", "/gone"), latencyMs: 15 },
  "/a/1": { body: links("/a"), latencyMs: 5 },
  "/a/2": { body: links("/b", "/c/1"), latencyMs: 10 },
  "/c/1": { body: "the end", latencyMs: 5 },
};

async function crawl(http: HttpClient, start: string): Promise<Map<string, number>> {
  const statuses = new Map<string, number>([[start, 0]]);
  const found = new Queue<string>({ capacity: Infinity });
  await found.put(start);
  found.closeWhenDone(); // closed when every page that was put in has been worked on
  await forEach(
    found,
    async (url) => {
      const response = await http.get(url);
      statuses.set(url, response.status);
      const body = await response.text();
      for (const [, path] of body.matchAll(/href="([^"]+)"/g)) {
        const next = new URL(path ?? "", url).href;
        if (statuses.has(next)) continue;
        statuses.set(next, 0);
        await found.put(next);
      }
    },
    { concurrency: 4 },
  );
  return statuses;
}

await run(async () => {
  await using site = await openSmallSite(pages);
  await using http = new HttpClient();
  const statuses = await crawl(http, `${site.origin}/`);
  for (const url of [...statuses.keys()].sort()) console.log(statuses.get(url), new URL(url).pathname);
  console.log(`${site.requests} requests`);
});
