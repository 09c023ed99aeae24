import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InvalidArgument } from "../../../src/index.ts";
import {
  appendFile,
  readFile,
  readText,
  replaceFile,
  temporaryDirectory,
  temporaryFile,
  writeFile,
} from "../../../src/io.ts";
import { simulate } from "../../../src/testing.ts";
import { openFile, readLines, stdinLines, walk, watch } from "../../../src/io.ts";
import { ioError, traced } from "./traced-platform.ts";

const isWindows = process.platform === "win32";

describe("Reading a whole file", () => {
  it("gives all its bytes, also where its size is not known", async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      const bytes = Uint8Array.from({ length: 3_000_000 }, (_value, at) => at % 251);
      writeFileSync(path, bytes);
      assert.deepEqual(Buffer.compare(await readFile(path), bytes), 0);
      writeFileSync(path, "");
      assert.equal((await readFile(path)).length, 0);
      if (existsSync("/proc/self/status")) assert.match(await readText("/proc/self/status"), /^Pid:/m);
    });
  });

  it("decodes text: without its byte order mark, and with U+FFFD for what is none", async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      writeFileSync(path, Uint8Array.from([0xef, 0xbb, 0xbf, 0xc3, 0xbc, 0xff]));
      assert.equal(await readText(path), "ü\uFFFD");
    });
  });

  it("refuses a file of more than maxBytes, one without an end too", async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      writeFileSync(path, "12345");
      await assert.rejects(readFile(path, { maxBytes: 4 }), { code: "TSY_FILE", systemCode: "EFBIG" });
      assert.equal(await readText(path, { maxBytes: 5 }), "12345");
      if (existsSync("/dev/zero"))
        await assert.rejects(readFile("/dev/zero", { maxBytes: 1_000_000 }), { systemCode: "EFBIG" });
      await assert.rejects(readFile(directory), { systemCode: "EISDIR" });
    });
  });
});

describe("Writing a whole file", () => {
  it("replaces what was in it, or adds to it", async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      await writeFile(path, "a long first text", { permissions: 0o600 });
      await writeFile(path, "ab");
      await appendFile(path, "cd");
      await appendFile(path, new Uint8Array([101]));
      assert.equal(readFileSync(path, "utf8"), "abcde");
      if (!isWindows) assert.equal(statSync(path).mode & 0o777, 0o600);
      await writeFile(path, new Uint8Array(3_000_000));
      assert.equal(statSync(path).size, 3_000_000);
    });
  });
});

describe("Replacing a file", () => {
  it("makes it where there was none, and nothing where the function throws", async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      const failure = new Error("not today");
      await assert.rejects(
        replaceFile(path, async (file) => {
          await file.write("half");
          throw failure;
        }),
        (error) => error === failure,
      );
      assert.deepEqual(readdirSync(directory), []);
      await replaceFile(path, "all");
      assert.equal(readFileSync(path, "utf8"), "all");
      assert.throws(() => replaceFile(path, 7 as unknown as string), InvalidArgument);
    });
  });

  it("keeps the permissions, and replaces what a link leads to", { skip: isWindows }, async () => {
    await traced(async (_, directory) => {
      const path = join(directory, "a");
      writeFileSync(path, "old");
      chmodSync(path, 0o751);
      symlinkSync(path, join(directory, "link"));
      await replaceFile(join(directory, "link"), "new");
      assert.ok(lstatSync(join(directory, "link")).isSymbolicLink());
      assert.equal(readFileSync(path, "utf8"), "new");
      assert.equal(statSync(path).mode & 0o777, 0o751);
    });
  });

  it("refuses directories and devices, and leaves nothing beside them", async () => {
    await traced(async (_, directory) => {
      mkdirSync(join(directory, "d"));
      await assert.rejects(replaceFile(join(directory, "d"), "x"), { systemCode: "EISDIR" });
      assert.deepEqual(readdirSync(directory), ["d"]);
      await assert.rejects(replaceFile(join(directory, "none", "a"), "x"), { systemCode: "ENOENT" });
      if (existsSync("/dev/null"))
        await assert.rejects(replaceFile("/dev/null", "x"), { systemCode: "EINVAL" });
    });
  });

  it("takes another name for its temporary file where somebody has the first", async () => {
    await traced(async (trace, directory) => {
      let refusals = 0;
      trace.hook = (name) =>
        name === "open" && refusals++ < 3 ? Object.assign(new Error("EEXIST"), { code: "EEXIST" }) : null;
      await replaceFile(join(directory, "a"), "x");
      assert.equal(refusals, 4);
    });
  });
});

describe("What is temporary", () => {
  it("is gone when the block is left, with all in it, also by an error", async () => {
    await traced(async (_, directory) => {
      const failure = new Error("on the way");
      const work = async (): Promise<void> => {
        await using temporary = await temporaryDirectory({ directory, prefix: "x-" });
        assert.match(readdirSync(directory).join(), /^x-\w+$/);
        mkdirSync(join(temporary.path, "deep", "er"), { recursive: true });
        await writeFile(join(temporary.path, "deep", "er", "a"), "x");
        await using file = await temporaryFile({ directory });
        await file.file.write("x");
        if (!isWindows) assert.equal(statSync(file.path).mode & 0o777, 0o600);
        throw failure;
      };
      await assert.rejects(work, (error) => error === failure);
      assert.deepEqual(readdirSync(directory), []);
    });
  });

  it("may be removed twice, and by others", async () => {
    await traced(async (trace, directory) => {
      const temporary = await temporaryDirectory({ directory });
      await temporary[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
      assert.equal(trace.calls.filter((name) => name === "removeTree").length, 1);
      trace.hook = (name) => (name === "remove" ? ioError() : null);
      const file = await temporaryFile({ directory });
      await assert.rejects(file[Symbol.asyncDispose](), { systemCode: "EIO", operation: "remove" });
      assert.throws(() => temporaryFile({ prefix: "a/b" }), InvalidArgument);
    });
  });
});

describe("In a simulation", () => {
  const operations: Readonly<Record<string, () => Promise<unknown>>> = {
    "node:fs open": () => openFile("a"),
    "node:fs mkdtemp": () => temporaryDirectory(),
    "node:fs readdir": async () => {
      for await (const _ of walk(".")) break;
    },
    "node:fs watch": async () => {
      for await (const _ of watch(".")) break;
    },
    "node:fs realpath": () => replaceFile("a", "x"),
    "node:fs read": async () => {
      for await (const _ of stdinLines()) break;
    },
  };
  for (const [what, operation] of Object.entries(operations)) {
    it(`real files are refused by name: ${what}`, async () => {
      await assert.rejects(simulate({ runs: 1 }, operation)(), (error: Error) => {
        const told = `${error.message} ${String(error.cause)}`;
        return told.includes("TSY_REAL_IO") && told.includes(what);
      });
    });
  }

  it("a loop over lines is refused too", async () => {
    const read = async (): Promise<void> => {
      for await (const _ of readLines("a")) break;
    };
    await assert.rejects(simulate({ runs: 1 }, read)(), /TSY_REAL_IO/);
  });
});
