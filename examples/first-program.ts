// Two pages at the same time: give it two URLs, or none.
import { all, run, until } from "tsyncio";
import { twoPages } from "./support/two-pages.ts";

const getText = (url: string): Promise<string> =>
  until(async (signal) => {
    const response = await fetch(url, { signal });
    return response.text();
  });

await run(async () => {
  await using pages = await twoPages();
  const [one, two] = pages.urls;
  const [first, second] = await all([
    () => getText(one), // both are fetched at once
    () => getText(two),
  ]);
  console.log(first.length, second.length);
});
