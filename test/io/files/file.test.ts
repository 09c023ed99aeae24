import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, it } from "node:test";
import {
  Cancelled,
  Disposed,
  InvalidArgument,
  map,
  withCancelScope,
  withTaskGroup,
} from "../../../src/index.ts";
import { FileError, LineTooLong, openFile, readLines, writeFile, type File } from "../../../src/io.ts";
import { traced } from "./traced-platform.ts";

/** A program of the machine, not of a package. */
const pipeMaker = "mkfifo";
const isWindows = process.platform === "win32";
const text = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? new Uint8Array(0));

/** A test with an open file that holds `content`. */
function withFile(
  content: string,
  body: (file: File, path: string) => unknown,
  mode: "update" | "read" | "append" = "update",
): () => Promise<void> {
  return () =>
    traced(async (_, directory) => {
      const path = join(directory, "a");
      writeFileSync(path, content);
      await using file = await openFile(path, { mode });
      await body(file, path);
    });
}

describe("An open file", () => {
  it(
    "reads and writes at its position, which moves on",
    withFile("one two", async (file, path) => {
      assert.equal(text(await file.read(3)), "one");
      assert.equal(file.position, 3);
      await file.write("-");
      assert.equal(text(await file.read()), "two");
      assert.equal(await file.read(), null);
      await file.seek(0);
      assert.equal(await file.readInto(new Uint8Array(100)), 7);
      assert.equal(readFileSync(path, "utf8"), "one-two");
    }),
  );

  it(
    "reads and writes at a given place, and its position stays",
    withFile("abcdef", async (file, path) => {
      const buffer = new Uint8Array(2);
      assert.equal(await file.readInto(buffer, { position: 4 }), 2);
      assert.equal(text(buffer), "ef");
      await file.write("X", { position: 1 });
      assert.equal(text(await file.read(2, { position: 1 })), "Xc");
      assert.equal(await file.read(2, { position: 6 }), null);
      assert.equal(file.position, 0);
      assert.equal(readFileSync(path, "utf8"), "aXcdef");
    }),
  );

  it(
    "gives the parts of a file to those who read at the same time, in the order in which they came",
    withFile("abcdefghij", async (file) => {
      const parts = await map([1, 2, 3, 4, 5], () => file.read(2));
      assert.deepEqual(parts.map(text), ["ab", "cd", "ef", "gh", "ij"]);
    }),
  );

  it(
    "writes what several write at the same time one after the other",
    withFile("", async (file, path) => {
      await map(["one", "two", "three"], (word) => file.write(word));
      assert.equal(readFileSync(path, "utf8"), "onetwothree");
    }),
  );

  it(
    "takes nothing when it is cancelled while it waits for its turn",
    withFile("abcdef", async (file) => {
      await withTaskGroup((group) => {
        group.spawn(() => file.read(2));
        const second = group.spawn(() => file.read(2));
        second.cancel();
      });
      assert.equal(text(await file.read()), "cdef");
    }),
  );

  it(
    "appends at the end, wherever others have written",
    withFile(
      "a",
      async (file, path) => {
        await file.write("b");
        writeFileSync(path, "abc");
        await file.write("d");
        assert.equal(readFileSync(path, "utf8"), "abcd");
        assert.throws(() => file.write("x", { position: 0 }), InvalidArgument);
      },
      "append",
    ),
  );

  it(
    "can be cut, described and synced",
    withFile("abcdef", async (file, path) => {
      await file.truncate(3);
      await file.sync();
      const { kind, sizeBytes, modifiedMs } = await file.info();
      assert.deepEqual([kind, sizeBytes], ["file", 3]);
      assert.ok(modifiedMs > 1e12);
      await file.truncate();
      assert.equal(readFileSync(path, "utf8"), "");
    }),
  );

  it(
    "is read by chunks, and a loop that is left keeps it open",
    withFile("x".repeat(100_000), async (file) => {
      for await (const chunk of file) {
        assert.equal(chunk.length, 65_536);
        break;
      }
      let rest = 0;
      for await (const chunk of file) rest += chunk.length;
      assert.equal(rest, 34_464);
    }),
  );

  it("refuses what it was not opened for with EBADF", async () => {
    await traced(async (_, directory) => {
      await using file = await openFile(join(directory, "a"), { mode: "write" });
      await assert.rejects(file.read(), { code: "TSY_FILE", systemCode: "EBADF", operation: "read" });
    });
  });

  it("says how many bytes of a write were taken before it failed", { skip: isWindows }, async () => {
    await traced(async (trace, directory) => {
      await using file = await openFile(join(directory, "a"), { mode: "create" });
      const { platform } = trace;
      // The device takes two bytes, and is full.
      const { nodeFiles } = await import("../../../src/host/files/file-platform.ts");
      const { installFilePlatform } = await import("../../../src/io/files/platform.ts");
      installFilePlatform({
        ...platform,
        write: (descriptor, bytes, position, done) => {
          if (position === 0) nodeFiles.write(descriptor, bytes.subarray(0, 2), position, done);
          else setImmediate(() => done(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }), 0));
        },
      });
      await assert.rejects(file.write("four"), { systemCode: "ENOSPC", bytesWritten: 2 });
      assert.equal(file.position, 2);
    });
  });

  it("fails with ENOSPC on a full device", { skip: !existsSync("/dev/full") }, async () => {
    await assert.rejects(
      writeFile("/dev/full", "x"),
      (error) => error instanceof FileError && error.systemCode === "ENOSPC" && error.bytesWritten === 0,
    );
  });
});

describe("Closing a file", () => {
  it(
    "waits for the operations that have begun, and refuses later ones",
    withFile("abc", async (file) => {
      const reading = file.read(3, { position: 0 });
      assert.equal(file.stats().inFlight, 1);
      const closing = file.close();
      await assert.rejects(file.read(), Disposed);
      await assert.rejects(file.write("x", { position: 0 }), Disposed);
      assert.equal(text(await reading), "abc");
      await closing;
      assert.deepEqual(file.stats(), { state: "closed", inFlight: 0 });
      await file.close();
    }),
  );

  it("happens in a cancelled scope too, and waits for the end there", async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      writeFileSync(path, "abc");
      let file: File | null = null;
      await withCancelScope(async (scope) => {
        await using opened = await openFile(path);
        file = opened;
        scope.cancel();
        await opened.read();
      });
      assert.equal((file as File | null)?.stats().state, "closed");
    });
  });

  it("happens in a scope that has ended", async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      writeFileSync(path, "abc");
      const { promise, resolve } = Promise.withResolvers<void>();
      const file = await openFile(path);
      const closing: Promise<void>[] = [];
      await withCancelScope(() => {
        closing.push(promise.then(() => file.close()));
      });
      resolve();
      await Promise.all(closing);
      assert.equal(file.stats().state, "closed");
    });
  });
});

describe("Opening a file", () => {
  it("makes, empties or refuses by its mode", async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      await assert.rejects(openFile(path), { systemCode: "ENOENT", operation: "open", path });
      await assert.rejects(openFile(path, { mode: "update" }), { systemCode: "ENOENT" });
      await (await openFile(pathToFileURL(path), { mode: "create" })).close();
      await assert.rejects(openFile(path, { mode: "create" }), { systemCode: "EEXIST" });
      writeFileSync(path, "abc");
      await (await openFile(path, { mode: "append" })).close();
      assert.equal(readFileSync(path, "utf8"), "abc");
      await (await openFile(path, { mode: "write" })).close();
      assert.equal(readFileSync(path, "utf8"), "");
      await assert.rejects(openFile(directory, { mode: "write" }), { systemCode: "EISDIR" });
      await assert.rejects(openFile(join(path, "b")), { systemCode: isWindows ? "ENOENT" : "ENOTDIR" });
    });
  });

  it("throws bad arguments at the call", () => {
    for (const bad of ["", "a\0b", null, 7, new URL("http://x/y")]) {
      assert.throws(() => openFile(bad as string), InvalidArgument);
      assert.throws(() => readLines(bad as string), InvalidArgument);
    }
    assert.throws(() => openFile("a", { mode: "rw" as "read" }), InvalidArgument);
    assert.throws(() => openFile("a", { permissions: -1 }), InvalidArgument);
    assert.throws(() => readLines("a", { maxBytes: 0 }), InvalidArgument);
    assert.throws(() => writeFile("a", 7 as unknown as string), InvalidArgument);
  });

  it("tells the stack of the one who opens", async () => {
    const opener = async (): Promise<File> => await openFile("/no/such/file");
    const error = await opener().catch((failure: unknown) => failure as Error);
    assert.ok(error instanceof FileError);
    if (!("Bun" in globalThis)) assert.match(error.stack ?? "", /opener/);
    assert.equal((error.cause as NodeJS.ErrnoException).code, "ENOENT");
  });
});

describe("The lines of an open file", () => {
  it(
    "begin at the position, and leave it behind the last one taken",
    withFile("zero\none\r\ntwo\nthree", async (file) => {
      await file.seek(5);
      for await (const line of file.lines()) {
        assert.equal(line, "one");
        assert.equal(file.position, 10);
        break;
      }
      assert.equal(text(await file.read(3)), "two");
      const rest: string[] = [];
      for await (const line of file.lines()) rest.push(line);
      assert.deepEqual(rest, ["", "three"]);
    }),
  );

  it(
    "go on where another operation has left the position",
    withFile("one\ntwo\nthree\nfour\n", async (file) => {
      const lines = file.lines();
      assert.equal((await lines.next()).value, "one");
      await file.seek(8);
      assert.equal((await lines.next()).value, "three");
      assert.equal(text(await file.read(2)), "fo");
      assert.deepEqual(
        [await lines.next(), await lines.next()],
        [
          { done: false, value: "ur" },
          { done: true, value: undefined },
        ],
      );
    }),
  );

  it(
    "are not lost when a next() is cancelled",
    withFile("one\ntwo\n", async (file) => {
      const lines = file.lines();
      await withCancelScope(async (scope) => {
        scope.cancel();
        await lines.next();
      });
      assert.equal((await lines.next()).value, "one");
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(lines.next(), Cancelled);
      });
      assert.equal((await lines.next()).value, "two");
    }),
  );

  it(
    "end with an error before one that is too long, which can be read in another way",
    withFile("one\nmuch too long\n", async (file) => {
      const lines = file.lines({ maxBytes: 5 });
      assert.equal((await lines.next()).value, "one");
      for (let n = 0; n < 2; n++) {
        await assert.rejects(
          lines.next(),
          (error) => error instanceof LineTooLong && error.line === 2 && error.offsetBytes === 4,
        );
      }
      assert.equal(text(await file.read()), "much too long\n");
    }),
  );
});

describe("readLines", () => {
  it("delivers the lines before one that is too long, closes the file, and tells the place", async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      writeFileSync(path, `one\n${"x".repeat(300_000)}\n`);
      const lines: string[] = [];
      await assert.rejects(
        async () => {
          for await (const line of readLines(path, { maxBytes: 1_000 })) lines.push(line);
        },
        { code: "TSY_LINE_TOO_LONG", line: 2, offsetBytes: 4, limitBytes: 1_000, path },
      );
      assert.deepEqual(lines, ["one"]);
    });
  });

  it("closes the file when the loop is left, and when the scope around it is cancelled", async () => {
    await traced(async (trace, directory) => {
      const path = join(directory, "a");
      writeFileSync(path, "line\n".repeat(200_000));
      for await (const line of readLines(path)) {
        assert.equal(line, "line");
        break;
      }
      assert.equal(trace.open.size, 0);
      await withCancelScope(async (scope) => {
        for await (const _ of readLines(path)) scope.cancel();
      });
      assert.equal(trace.open.size, 0);
    });
  });

  it("gives each line to one of those who read at the same time, in order", async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      writeFileSync(path, "1\n2\n3\n");
      const lines = readLines(path)[Symbol.asyncIterator]();
      const taken = await map([1, 2, 3, 4], () => lines.next());
      assert.deepEqual(
        taken.map(({ value }) => value as string | undefined),
        ["1", "2", "3", undefined],
      );
    });
  });
});

describe("A named pipe", { skip: isWindows }, () => {
  const withPipe = (body: (path: string) => unknown) => (): Promise<void> =>
    traced(async (_, directory) => {
      const path = join(directory, "pipe");
      execFileSync(pipeMaker, [path]);
      await body(path);
    });

  it(
    "can be given up while nobody has opened the other end",
    withPipe(async (path) => {
      await withTaskGroup((group) => {
        group.spawn(() => openFile(path)).cancel();
      });
      // The other end, so that the platform lets go of its thread; what it opens then is closed.
      await (await openFile(path, { mode: "write" })).close();
    }),
  );

  it(
    "loses no byte to a read that was given up, and keeps nobody waiting",
    withPipe(async (path) => {
      await using file = await openFile(path, { mode: "update" });
      assert.equal(file.kind, "other");
      await withTaskGroup((group) => {
        group.spawn(() => file.read(10)).cancel();
      });
      assert.equal(file.stats().inFlight, 1);
      await file.write("abcdef");
      assert.equal(text(await file.read(2)), "ab");
      assert.equal(text(await file.read()), "cdef");
      await file.write("one\ntwo\nrest");
      for await (const line of file.lines()) {
        assert.equal(line, "one");
        break;
      }
      assert.equal(text(await file.read()), "two\nrest");
      assert.throws(() => file.read(1, { position: 0 }), InvalidArgument);
    }),
  );

  it(
    "is closed without waiting for a read that was given up; the descriptor goes when it is answered",
    withPipe(async (path) => {
      const file = await openFile(path, { mode: "update" });
      await using other = await openFile(path, { mode: "update" });
      await withTaskGroup((group) => {
        group.spawn(() => file.read(10)).cancel();
      });
      await file.close();
      assert.equal(file.stats().state, "closing");
      await other.write("x");
    }),
  );
});
