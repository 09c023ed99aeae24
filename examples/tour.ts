/**
 * `npm start`: what structure buys, on a small site of our own.
 *
 * Without arguments it plays the tour, and on a terminal it then keeps the site up; with `--once` it ends in any case. With URLs
 * it is `tsyncio fetch`.
 */
import { run, sleep } from "tsyncio";
import { runProgram } from "../src/cli/program.ts";
import { showFirstProgram } from "./tour/first-program-shown.ts";
import { compare } from "./tour/measure.ts";
import { Screen } from "./tour/screen.ts";
import { TourSite } from "./tour/site.ts";
import { textOf, ways } from "./tour/ways.ts";

const LIMIT_MS = 300;
const BROKEN_PAGE = 8;

async function tour(screen: Screen, stays: boolean): Promise<void> {
  await using site = await new TourSite().open();
  screen.line(
    `${screen.paint("bold", "tsyncio")}: ${site.urls.length} pages at ${site.origin}, fetched in three ways`,
  );
  screen.line();
  for (const { name, getAll } of ways) {
    for (const [at, text] of textOf(getAll).entries())
      screen.line(`  ${(at === 0 ? name : "").padEnd(12)}  ${text}`);
  }

  screen.title("1. All goes well");
  await compare(site, screen);

  screen.title(`2. The connection of page ${BROKEN_PAGE} breaks`);
  site.breakPage(BROKEN_PAGE);
  await compare(site, screen);
  site.breakPage(0);

  screen.title(`3. A limit of ${LIMIT_MS} ms: Promise.race with a timer, and withTimeout`);
  await compare(site, screen, LIMIT_MS);

  screen.title("4. The first program");
  await showFirstProgram(site, screen);

  screen.line();
  screen.line(
    "Fetch pages of your own:  npm start -- URL [URL...]     All options:  npm start -- --help",
  );
  if (!stays) return;
  screen.line(`The site stays up at ${site.origin}/ until you press Ctrl-C.`);
  await sleep(Infinity);
}

const args = process.argv.slice(2);
const once = args.length === 1 && args[0] === "--once";
if (args.length > 0 && !once) await runProgram(["fetch", ...args]);
else await run(() => tour(new Screen(process.stdout), !once && process.stdout.isTTY === true));
