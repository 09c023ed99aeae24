import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { InvalidArgument, withCancelScope } from "../../../src/index.ts";
import { walk, type FileError, type WalkOptions } from "../../../src/io.ts";
import { traced, type TracedPlatform } from "./traced-platform.ts";

/** `a/`, `a/b/`, `a/b/file`, `a/up` (a link to the root), `nowhere` (a link), `z`. */
function plant(root: string): void {
  mkdirSync(join(root, "a", "b"), { recursive: true });
  writeFileSync(join(root, "a", "b", "file"), "");
  writeFileSync(join(root, "z"), "");
  symlinkSync(root, join(root, "a", "up"));
  symlinkSync(join(root, "none"), join(root, "nowhere"));
}

function planted(body: (root: string, trace: TracedPlatform) => unknown): () => Promise<void> {
  return () =>
    traced(async (trace, root) => {
      plant(root);
      await body(root, trace);
    });
}

async function walked(root: string, options?: WalkOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const { path, kind, depth } of walk(root, options))
    found.push(`${relative(root, path).replaceAll("\\", "/")} ${kind} ${depth}`);
  return found;
}

describe("A walk", () => {
  it(
    "goes into each directory before it goes on, in the order of names, and does not follow links",
    planted(async (root) => {
      assert.deepEqual(await walked(root), [
        "a directory 1",
        "a/b directory 2",
        "a/b/file file 3",
        "a/up link 2",
        "nowhere link 1",
        "z file 1",
      ]);
    }),
  );

  it(
    "follows links if asked to, and enters no directory that stands above itself",
    planted(async (root) => {
      assert.deepEqual(await walked(root, { followLinks: true }), [
        "a directory 1",
        "a/b directory 2",
        "a/b/file file 3",
        "a/up directory 2",
        "nowhere link 1",
        "z file 1",
      ]);
    }),
  );

  it(
    "goes as deep as it is told, and into what it is told",
    planted(async (root) => {
      assert.equal((await walked(root, { maxDepth: 1 })).length, 3);
      assert.equal((await walked(root, { enter: ({ name }) => name !== "b" })).length, 5);
    }),
  );

  it(
    "throws what it cannot read, or tells it and goes on; the root's is always thrown",
    planted(async (root, trace) => {
      const denied = Object.assign(new Error("EACCES"), { code: "EACCES" });
      let lists = 0;
      trace.hook = (name) => (name === "list" && ++lists === 2 ? denied : null);
      await assert.rejects(walked(root), { systemCode: "EACCES", path: join(root, "a") });
      lists = 0;
      const errors: FileError[] = [];
      const found = await walked(root, { onError: (error) => errors.push(error) });
      assert.deepEqual([found.length, errors.map(({ path }) => path)], [3, [join(root, "a")]]);
      trace.hook = () => null;
      await assert.rejects(walked(join(root, "none"), { onError: () => {} }), { systemCode: "ENOENT" });
      await assert.rejects(walked(join(root, "z")), { systemCode: "ENOTDIR" });
    }),
  );

  it(
    "passes over what has vanished before it was reached",
    planted(async (root) => {
      const found: string[] = [];
      for await (const { name } of walk(root)) {
        found.push(name);
        if (name === "a") rmSync(join(root, "a"), { recursive: true });
      }
      assert.deepEqual(found, ["a", "nowhere", "z"]);
    }),
  );

  it(
    "loses no entry to a next() that is cancelled in the middle",
    planted(async (root, trace) => {
      const entries = walk(root, { followLinks: true })[Symbol.asyncIterator]();
      const names: string[] = [];
      for (let isDone = false; !isDone;) {
        for (const at of ["before", "during"]) {
          await withCancelScope(async (scope) => {
            if (at === "before") scope.cancel();
            trace.begun = () => scope.cancel();
            const { value } = await entries.next();
            if (value !== undefined) names.push(value.name);
          });
        }
        trace.begun = () => {};
        const next = await entries.next();
        isDone = next.done === true;
        if (next.value !== undefined) names.push(next.value.name);
      }
      assert.deepEqual(names, ["a", "b", "file", "up", "nowhere", "z"]);
    }),
  );

  it("throws bad options at the call", () => {
    assert.throws(() => walk(".", { maxDepth: 0 }), InvalidArgument);
    assert.throws(() => walk(".", { followLinks: "yes" as unknown as boolean }), InvalidArgument);
    assert.throws(() => walk(".", { enter: true as unknown as () => boolean }), InvalidArgument);
  });
});
