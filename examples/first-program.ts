// Two pages at the same time: give it two URLs, or none.
import { all, run } from "tsyncio";
import { HttpClient } from "tsyncio/http";
import { twoPages } from "./support/two-pages.ts";

await run(async () => {
  await using pages = await twoPages();
  await using http = new HttpClient();
  const [one, two] = pages.urls;
  const [first, second] = await all([
    () => http.get(one).text(), // both are fetched at once
    () => http.get(two).text(),
  ]);
  console.log(first.length, second.length);
});
