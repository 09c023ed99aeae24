/** What the compiler makes of the combinators. The assertions are in the annotations; running only proves that they were right. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { all, allSettled, any, completed, map, race } from "../../src/index.ts";
import { virtual } from "../../src/testing.ts";

type Same<A, B> = [A, B] extends [B, A] ? true : false;

function same<A, B>(isSame: Same<A, B>): void {
  assert.equal(isSame, true);
}

interface Page {
  readonly url: string;
}

const fetchPage = async (url: string): Promise<Page> => ({ url });

const valueOf = (outcome: { readonly value: Page }): Page => outcome.value;

describe("The results of combinators", () => {
  it(
    "are typed place by place",
    virtual(async () => {
      const tuple = await all([() => 1, async () => "two", () => fetchPage("three")]);
      same<typeof tuple, [number, string, Page]>(true);
      const list = await all(["a", "b"].map((url) => () => fetchPage(url)));
      same<typeof list, Page[]>(true);
      const record = await all({ one: () => 1, page: () => fetchPage("x") }, { concurrency: 1 });
      same<typeof record, { one: number; page: Page }>(true);
      const set = await all(new Set([async () => 1]));
      same<typeof set, number[]>(true);
      const outcomes = await allSettled([() => 1, async () => "two"]);
      same<typeof outcomes, [PromiseSettledResult<number>, PromiseSettledResult<string>]>(true);
      const winner = await race([() => 1, async () => "two"]);
      same<typeof winner, number | string>(true);
      const value = await any(new Set([async () => 1]));
      same<typeof value, number>(true);
      const pages = await map(new Set(["a"]), fetchPage);
      same<typeof pages, Page[]>(true);
      for await (const outcome of completed(["a"], fetchPage)) {
        same<typeof outcome.item, string>(true);
        assert.equal(outcome.status === "fulfilled" && valueOf(outcome).url, "a");
      }
      // @ts-expect-error: a promise is no function
      assert.throws(() => all([Promise.resolve(1)]));
      // @ts-expect-error: a record has no first place
      assert.throws(() => race({ a: () => 1 }));
      assert.equal(winner, 1);
    }),
  );
});
