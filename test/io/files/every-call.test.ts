/** Each operation, cancelled before it begins and in the middle of each of its calls, and with each of its calls failing. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  appendFile,
  FileError,
  openFile,
  readFile,
  readLines,
  readText,
  replaceFile,
  temporaryDirectory,
  temporaryFile,
  walk,
  writeFile,
} from "../../../src/io.ts";
import { everyCall, type Attempt } from "./traced-platform.ts";

/** What every operation owes: cancelled before, it has called nobody; a failure is a `FileError` with the platform's code. */
function checkManners({ how, outcome, error, trace }: Attempt): void {
  if (how === "cancelled before") assert.deepEqual([outcome, trace.calls], ["cancelled", []]);
  if (how === "failed" && outcome === "error") {
    assert.ok(error instanceof FileError, String(error));
    assert.equal(error.systemCode, "EIO");
    assert.equal(error.code, "TSY_FILE");
    assert.match(error.message, /^TSY_FILE: cannot .+: EIO/);
  }
  if (how === "cancelled during") assert.notEqual(outcome, "error");
}

const content = "old\ncontent\n";
const prepare = (directory: string): void =>
  writeFileSync(join(directory, "a"), content, { mode: 0o640 });

describe("Whatever is cancelled or fails in the middle of a call", () => {
  it("leaves nothing open, and nothing half done, in reading a file", async () => {
    await everyCall(prepare, (directory) => readFile(join(directory, "a")), checkManners);
    await everyCall(prepare, (directory) => readText(join(directory, "a")), checkManners);
  });

  it("leaves nothing open in reading lines", async () => {
    const read = async (directory: string): Promise<void> => {
      const lines: string[] = [];
      for await (const line of readLines(join(directory, "a"))) lines.push(line);
      assert.deepEqual(lines, ["old", "content"]);
    };
    await everyCall(prepare, read, checkManners);
  });

  it("leaves nothing open in writing a file; a write that had begun is done", async () => {
    await everyCall(
      prepare,
      (directory) => writeFile(join(directory, "a"), "new"),
      (attempt) => {
        checkManners(attempt);
        const written = readFileSync(join(attempt.directory, "a"), "utf8");
        if (attempt.how === "cancelled during" && attempt.name === "write") assert.equal(written, "new");
        assert.ok([content, "", "new"].includes(written), written);
        if (attempt.outcome === "value") assert.equal(written, "new");
      },
    );
  });

  it("appends all or nothing", async () => {
    await everyCall(
      prepare,
      (directory) => appendFile(join(directory, "a"), "more"),
      (attempt) => {
        checkManners(attempt);
        const written = readFileSync(join(attempt.directory, "a"), "utf8");
        const isDone = attempt.trace.calls.includes("write") && attempt.name !== "write";
        if (attempt.how === "failed") assert.equal(written, isDone ? `${content}more` : content);
        if (attempt.outcome === "value") assert.equal(written, `${content}more`);
        if (attempt.outcome === "cancelled") assert.equal(written, content);
      },
    );
  });

  it("replaces a file at once or not at all, and leaves no temporary file", async () => {
    for (const how of ["data", "function"] as const) {
      await everyCall(
        prepare,
        (directory) =>
          replaceFile(
            join(directory, "a"),
            how === "data"
              ? "new"
              : async (file) => {
                  await file.write("n");
                  await file.write("ew");
                },
          ),
        (attempt) => {
          checkManners(attempt);
          const { trace, directory, outcome, name } = attempt;
          const written = readFileSync(join(directory, "a"), "utf8");
          const isReplaced =
            trace.calls.includes("rename") && !(name === "rename" && outcome === "error");
          assert.equal(written, isReplaced ? "new" : content);
          if (outcome === "value") assert.equal(written, "new");
          if (outcome === "cancelled") assert.equal(written, content);
          if (outcome === "error") assert.equal(written === "new", name === "syncDirectory");
          assert.deepEqual(readdirSync(directory), ["a"]);
          assert.equal(statSync(join(directory, "a")).mode & 0o777, 0o640);
        },
      );
    }
  });

  it("leaves no temporary directory behind, unless its removal failed", async () => {
    const work = async (directory: string): Promise<void> => {
      await using temporary = await temporaryDirectory({ directory });
      await writeFile(join(temporary.path, "x"), "x");
    };
    await everyCall(
      () => {},
      work,
      (attempt) => {
        checkManners(attempt);
        const isKept = attempt.how === "failed" && attempt.name === "removeTree";
        assert.equal(readdirSync(attempt.directory).length, isKept ? 1 : 0);
      },
    );
  });

  it("leaves no temporary file behind, unless its removal failed", async () => {
    const work = async (directory: string): Promise<void> => {
      await using temporary = await temporaryFile({ directory });
      await temporary.file.write("x");
    };
    await everyCall(
      () => {},
      work,
      (attempt) => {
        checkManners(attempt);
        const isKept = attempt.how === "failed" && attempt.name === "remove";
        assert.equal(
          readdirSync(attempt.directory).length,
          isKept ? 1 : 0,
          readdirSync(attempt.directory).join(),
        );
      },
    );
  });

  it("leaves nothing open in the operations of an open file", async () => {
    const work = async (directory: string): Promise<void> => {
      await using file = await openFile(join(directory, "a"), { mode: "update" });
      await file.read(2);
      await file.readInto(new Uint8Array(2), { position: 1 });
      await file.write("x", { position: 0 });
      await file.truncate(5);
      await file.setPermissions(0o600);
      await file.sync();
      await file.info();
      const lines: string[] = [];
      for await (const line of file.lines()) lines.push(line);
      assert.deepEqual(lines, ["d", "c"]);
      await file.seek(0);
      for await (const chunk of file) assert.ok(chunk.length > 0);
    };
    await everyCall(prepare, work, checkManners);
  });

  it("leaves nothing open in a walk", async () => {
    const plant = (directory: string): void => {
      mkdirSync(join(directory, "one", "two"), { recursive: true });
      writeFileSync(join(directory, "one", "two", "file"), "");
      symlinkSync(join(directory, "one"), join(directory, "one", "two", "up"));
    };
    const work = async (directory: string): Promise<void> => {
      const names: string[] = [];
      for await (const { name } of walk(directory, { followLinks: true })) names.push(name);
      assert.deepEqual(names, ["one", "two", "file", "up"]);
    };
    await everyCall(plant, work, checkManners);
  });
});
