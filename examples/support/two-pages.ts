import { openSmallSite } from "./small-site.ts";

export interface TwoPages extends AsyncDisposable {
  readonly urls: readonly [string, string];
}

/** The two URLs that the program was given, or else two pages of a small site on this machine. */
export async function twoPages(): Promise<TwoPages> {
  const [first, second] = process.argv.slice(2);
  if (first !== undefined && second !== undefined) {
    return { urls: [first, second], [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const site = await openSmallSite({
    "/example": { body: "<h1>Example</h1>".padEnd(1_256, "."), latencyMs: 20 },
    "/python": { body: "<h1>Python</h1>".padEnd(50_412, "."), latencyMs: 30 },
  });
  return {
    urls: [`${site.origin}/example`, `${site.origin}/python`],
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}
