/** Commands that run to their end, on the real platform. */
import assert from "node:assert/strict";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { Queue, suppressedErrors, withTaskGroup, withTimeoutOr } from "../../../src/index.ts";
import {
  command,
  CommandFailed,
  CommandNotFound,
  LineTooLong,
  OutputTooLong,
  SpawnFailed,
} from "../../../src/io.ts";
import { InvalidArgument } from "../../../src/index.ts";
import { explore, RealIo, virtual } from "../../../src/testing.ts";
import { signals } from "../../../src/io.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const sh = (script: string, options = {}) => command("sh", ["-c", script], options);

describe("A command that runs to its end", () => {
  it("gives its status and what it wrote to each of its outputs", async () => {
    const result = await sh("echo out; echo err >&2").run();
    assert.deepEqual([result.status, result.signal, result.ok], [0, null, true]);
    assert.deepEqual([text(result.stdout), text(result.stderr)], ["out\n", "err\n"]);
  });

  it("does not wait for an input that never comes, once the command has ended", async () => {
    const input = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    assert.equal(await command("true", [], { input }).text(), "");
  });

  it("hands on arguments as they are, without a shell", async () => {
    const args = ["a b", "", "$HOME", "*", "'", "ä\n"];
    assert.equal(
      await command("printf", ["<%s>", ...args]).text(),
      args.map((arg) => `<${arg}>`).join(""),
    );
  });

  it("gives text just as it was written, and bytes that are no text", async () => {
    assert.equal(await command("printf", ["a\r\n\\n"]).text(), "a\r\n\n");
    assert.deepEqual([...(await command("printf", ["\\377\\000"]).bytes())], [255, 0]);
  });

  it("throws for a status other than 0, with the end of what it said", async () => {
    await assert.rejects(sh("echo wrong >&2; exit 7").text(), (error: unknown) => {
      assert.ok(error instanceof CommandFailed);
      assert.deepEqual([error.file, error.status, error.signal], ["sh", 7, null]);
      assert.deepEqual(error.args, ["-c", "echo wrong >&2; exit 7"]);
      assert.equal(error.stderrTail, "wrong\n");
      assert.match(error.message, /ended with status 7\. It said:\nwrong$/);
      return true;
    });
  });

  it("keeps the last 4 KiB of what it said, also when that is far too much to collect", async () => {
    const script = "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1";
    await assert.rejects(sh(script, { maxOutputBytes: 100 }).text(), (error: unknown) => {
      assert.ok(error instanceof CommandFailed);
      assert.ok(error.stderrTail.length <= 4_096 && error.stderrTail.length > 4_000);
      assert.match(error.stderrTail, /line 1999\n$/);
      return true;
    });
  });

  it("tells the signal that ended it", async () => {
    await assert.rejects(sh("kill -9 $$").run(), /was ended by SIGKILL/);
    const result = await sh("kill -15 $$").runSettled();
    assert.deepEqual([result.status, result.signal, result.ok], [null, "SIGTERM", false]);
  });

  it("gives any status as a value when asked for that", async () => {
    const result = await sh("echo out; echo err >&2; exit 3").runSettled();
    assert.deepEqual([result.status, result.ok], [3, false]);
    assert.deepEqual([text(result.stdout), text(result.stderr)], ["out\n", "err\n"]);
  });

  it("collects outputs up to the limit, and not a byte more", async () => {
    const exact = await command("printf", ["12345"], { maxOutputBytes: 5 }).run();
    assert.equal(text(exact.stdout), "12345");
    await assert.rejects(command("printf", ["123456"], { maxOutputBytes: 5 }).run(), OutputTooLong);
    await assert.rejects(sh("printf 123456 >&2", { maxOutputBytes: 5 }).run(), (error: unknown) => {
      assert.ok(error instanceof OutputTooLong);
      assert.deepEqual([error.file, error.stream, error.maxOutputBytes], ["sh", "stderr", 5]);
      return true;
    });
  });

  it("is ended when it writes without end", async () => {
    await assert.rejects(command("yes").bytes(), OutputTooLong);
  });

  it("reads nothing where it has no input", async () => {
    assert.equal(await command("cat").text(), "");
  });

  it("reads text, bytes, and pieces as they come, and answers while it reads", async () => {
    assert.equal(await command("cat", [], { input: "häl\n" }).text(), "häl\n");
    assert.equal(await command("cat", [], { input: new Uint8Array([65]) }).text(), "A");
    const large = "x".repeat(1_000_000);
    assert.equal(
      (await command("cat", [], { input: large, maxOutputBytes: Infinity }).text()).length,
      1_000_000,
    );
    async function* pieces() {
      for (const piece of ["a", new Uint8Array([66]), "c"]) yield piece;
    }
    assert.equal(await command("cat", [], { input: pieces() }).text(), "aBc");
  });

  it("need not read its input: that it has closed it, or ended, is no error", async () => {
    const input = "x".repeat(1_000_000);
    assert.equal((await command("true", [], { input }).run()).status, 0);
    assert.equal(await sh("exec 0<&-; echo closed", { input }).text(), "closed\n");
  });

  it("ends an input that would never end when the command has ended", async () => {
    const never = new Queue<string>({ capacity: 1 });
    assert.equal(await sh("echo done", { input: never }).text(), "done\n");
  });

  it("fails with the error of its input, and is ended", async () => {
    const failure = new Error("no more");
    async function* broken() {
      yield "a";
      throw failure;
    }
    await assert.rejects(command("cat", [], { input: broken() }).run(), failure);
  });

  it("runs in its cwd, a path or a URL", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "tsyncio-command-")));
    try {
      assert.equal(await command("pwd", [], { cwd: folder }).text(), `${folder}\n`);
      assert.equal(await command("pwd", [], { cwd: pathToFileURL(folder) }).text(), `${folder}\n`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("has our environment with changes, or one of its own", async () => {
    process.env["TSYNCIO_OURS"] = "ours";
    const script = 'echo "${TSYNCIO_OURS-unset} ${TSYNCIO_NEW-unset}"';
    assert.equal(await sh(script).text(), "ours unset\n");
    assert.equal(await sh(script, { env: { TSYNCIO_NEW: "new" } }).text(), "ours new\n");
    assert.equal(await sh(script, { env: { TSYNCIO_OURS: undefined } }).text(), "unset unset\n");
    const own = { env: { PATH: process.env["PATH"] }, clearEnv: true };
    assert.equal(await sh(script, own).text(), "unset unset\n");
    delete process.env["TSYNCIO_OURS"];
  });

  it("has nothing to give where its output is not ours", async () => {
    const result = await sh("echo out; echo err >&2", { stdout: "ignore", stderr: "ignore" }).run();
    assert.deepEqual([result.stdout.length, result.stderr.length], [0, 0]);
  });

  it("runs anew at each call, several at the same time", async () => {
    const echo = command("echo", ["again"]);
    assert.deepEqual(await Promise.all([echo.text(), echo.text()]), ["again\n", "again\n"]);
  });
});

describe("The lines of a command", () => {
  it("come one by one, the last one without an end too", async () => {
    const lines: string[] = [];
    for await (const line of command("printf", ["one\\r\\ntwo\\n\\nfour"]).lines()) lines.push(line);
    assert.deepEqual(lines, ["one", "two", "", "four"]);
  });

  it("come while it runs, and it waits when nobody reads: a loop that is left ends it", async () => {
    let count = 0;
    for await (const line of command("yes", ["line"]).lines()) {
      assert.equal(line, "line");
      if (++count === 1_000) break;
    }
    assert.equal(count, 1_000);
  });

  it("throw after the last one when the command fails", async () => {
    const lines: string[] = [];
    const read = async (): Promise<void> => {
      for await (const line of sh("echo one; exit 2").lines()) lines.push(line);
    };
    await assert.rejects(read(), /ended with status 2/);
    assert.deepEqual(lines, ["one"]);
  });

  it("throw for a line that is too long, after those before it", async () => {
    const lines: string[] = [];
    const read = async (): Promise<void> => {
      for await (const line of sh("echo one; echo 123456", { maxOutputBytes: 5 }).lines())
        lines.push(line);
    };
    await assert.rejects(read(), LineTooLong);
    assert.deepEqual(lines, ["one"]);
  });

  it("end the command when the scope in which they began is left", async () => {
    const iterator = command("yes").lines()[Symbol.asyncIterator]();
    await withTaskGroup(async () => {
      assert.equal((await iterator.next()).value, "y");
    });
    await assert.rejects(async () => {
      for (;;) if ((await iterator.next()).done === true) throw new Error("ended");
    });
  });
});

describe("A command that cannot be started", () => {
  const fails = async (run: Promise<unknown>, code: string, message: RegExp): Promise<void> => {
    await assert.rejects(run, (error: unknown) => {
      assert.ok(error instanceof SpawnFailed, String(error));
      assert.equal(error.systemCode, code);
      assert.match(error.message, message);
      return true;
    });
  };

  it("is missing: by name, by path, in a script's first line", async () => {
    await assert.rejects(command("tsyncio-no-such-program").run(), CommandNotFound);
    await assert.rejects(command("/no/such/program").run(), /there is no such file/);
    await assert.rejects(command("tsyncio-no-such-program").start(), CommandNotFound);
    await assert.rejects(async () => {
      for await (const line of command("tsyncio-no-such-program").lines()) assert.fail(line);
    }, CommandNotFound);
  });

  it("may not be executed", async () => {
    await fails(command("/etc/passwd").run(), "EACCES", /not executable/);
  });

  it("has a cwd that does not exist, or is a file: the error names the cwd, not the program", async () => {
    await fails(
      command("true", [], { cwd: "/no/such/folder" }).run(),
      "ENOENT",
      /cwd "\/no\/such\/folder"/,
    );
    const file = join(mkdtempSync(join(tmpdir(), "tsyncio-command-")), "file");
    writeFileSync(file, "");
    await assert.rejects(command("true", [], { cwd: file }).run(), /its cwd .* is no folder/);
  });

  it("has arguments that are too long", async () => {
    await fails(command("true", ["x".repeat(4_000_000)]).run(), "E2BIG", /too long/);
  });

  it("has been described with bad values: that is told at once", () => {
    const bad: Array<() => unknown> = [
      () => command(""),
      () => command("a\0b"),
      () => command(7 as never),
      () => command("true", "x" as never),
      () => command("true", [1 as never]),
      () => command("true", ["a\0b"]),
      () => command("true", [], { env: { "A=B": "c" } }),
      () => command("true", [], { env: { A: "b\0c" } }),
      () => command("true", [], { env: { "": "c" } }),
      () => command("true", [], { cwd: "" }),
      () => command("true", [], { cwd: new URL("http://example.com/") }),
      () => command("true", [], { graceMs: Number.NaN }),
      () => command("true", [], { maxOutputBytes: -1 }),
      () => command("true", [], { stdout: "collect" as never }),
      () => command("true", [], { stdin: "pipe" as never }),
      () => command("true", [], { input: 7 as never }),
      () => command("true", [], { input: "a", stdin: "inherit" }),
      () => command("cat", [], { input: "a" }).start(),
      () => command("cat").pipe(command("cat", [], { input: "a" })),
      () => command("cat", [], { stdout: "inherit" }).pipe(command("cat")),
      () => command("cat").pipe("cat" as never),
      () => command("cat").pipe(undefined as never),
    ];
    for (const call of bad) assert.throws(call, InvalidArgument, String(call));
  });
});

describe("A pipeline", () => {
  it("hands what one command writes to the next", async () => {
    const pipeline = command("printf", ["b\\na\\nc\\n"])
      .pipe(command("sort"))
      .pipe(command("tr", ["a-z", "A-Z"]));
    assert.equal(await pipeline.text(), "A\nB\nC\n");
    const lines: string[] = [];
    for await (const line of pipeline.lines()) lines.push(line);
    assert.deepEqual(lines, ["A", "B", "C"]);
  });

  it("gives its first command an input, and collects what all of them say", async () => {
    const first = sh("cat; echo one >&2", { input: "hello" });
    const { stdout, stderr, ok } = await first.pipe(sh("cat; echo two >&2")).run();
    assert.deepEqual([text(stdout), text(stderr), ok], ["hello", "one\ntwo\n", true]);
  });

  it("carries as much as there is, at the pace of the slowest", async () => {
    const large = sh("head -c 5000000 /dev/zero")
      .pipe(command("cat"))
      .pipe(command("wc", ["-c"]));
    assert.equal((await large.text()).trim(), "5000000");
  });

  it("fails with the first command in the row that has failed; the others are kept", async () => {
    await assert.rejects(
      sh("exit 1").pipe(sh("cat; exit 2")).pipe(command("cat")).run(),
      (error: unknown) => {
        assert.ok(error instanceof CommandFailed);
        assert.equal(error.status, 1);
        const [other] = suppressedErrors(error).errors;
        assert.equal((other as CommandFailed).status, 2);
        return true;
      },
    );
    const settled = await sh("exit 1").pipe(sh("cat; exit 2")).runSettled();
    assert.deepEqual([settled.status, settled.ok], [1, false]);
  });

  it("does not mind that a command writes on when the next has read enough", async () => {
    assert.equal(
      await command("yes")
        .pipe(command("head", ["-n", "2"]))
        .text(),
      "y\ny\n",
    );
    const impolite = sh("trap '' PIPE; while echo x; do :; done; exit 9");
    const result = await impolite.pipe(command("head", ["-n", "1"])).runSettled();
    assert.deepEqual([text(result.stdout), result.status, result.ok], ["x\n", 0, true]);
  });

  it("minds that a command fails which does not write on", async () => {
    await assert.rejects(
      sh("echo a; exit 3")
        .pipe(command("head", ["-n", "1"]))
        .text(),
      /ended with status 3/,
    );
    await assert.rejects(command("yes").pipe(sh("exit 4")).text(), /ended with status 4/);
  });

  it("starts none when one is missing, or ends those that it has started", async () => {
    await assert.rejects(
      command("sleep", ["100"]).pipe(command("tsyncio-no-such-program")).run(),
      CommandNotFound,
    );
  });

  it("is ended as a whole", async () => {
    const pipeline = command("yes")
      .pipe(command("cat"))
      .pipe(command("sleep", ["100"]));
    assert.equal(await withTimeoutOr(30, () => pipeline.run(), "too late"), "too late");
  });
});

describe("A simulation", () => {
  it("has no processes and no signals: it names what was asked for", async () => {
    for (const [what, reach] of [
      [/command\("true"\)/, () => command("true").run()],
      [/command\("true"\)/, () => command("true").start()],
      [/signals\("SIGHUP"\)/, async () => signals("SIGHUP")],
    ] as const) {
      await assert.rejects(virtual(reach), (error: unknown) => {
        assert.ok(error instanceof RealIo, String(error));
        assert.match(error.message, what);
        return true;
      });
    }
    await assert.rejects(
      explore({ runs: 1 }, () =>
        command("true")
          .run()
          .catch(() => {}),
      ),
      /real I\/O/,
    );
  });
});
