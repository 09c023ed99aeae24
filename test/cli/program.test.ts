import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { RunningCommand, runCommand } from "./child.ts";
import { deadPort, serveHttp } from "./loopback.ts";

describe("The command", () => {
  it("fetches, and exits with 0 when every page came", async () => {
    await using server = await serveHttp((_path, response) => response.end("hello"));
    const { code, out, err } = await runCommand("fetch", `${server.origin}/a`, `${server.origin}/b`);
    assert.equal(code, 0, out + err);
    assert.match(out, /^200 +5 B .*\n200 +5 B .*\n2 pages, none failed, 10 B in /);
    assert.equal(err, "");
  });

  it("exits with 1 when a page failed", async () => {
    await using server = await serveHttp((path, response) =>
      response.writeHead(path === "/" ? 200 : 500).end(),
    );
    const failed = await runCommand("fetch", `${server.origin}/`, `${server.origin}/broken`);
    assert.deepEqual([failed.code, failed.err], [1, ""]);
    const dead = await runCommand("fetch", `http://127.0.0.1:${await deadPort()}/`);
    assert.equal(dead.code, 1);
    assert.match(dead.out, /is a server running there\?/);
  });

  it("exits with 2, and says on standard error what is wrong, when it was called wrongly", async () => {
    const missing = join(import.meta.dirname, "no-such-list.txt");
    const wrong: [string[], RegExp][] = [
      [["fetch"], /^tsyncio fetch: no URL was given\.\nSee "tsyncio fetch --help"\.\n$/],
      [["fetch", "not a url"], /"not a url" is not a URL/],
      [["fetch", "--file", missing], /no-such-list\.txt: there is no such file/],
      [["fetch", "--retrys", "3"], /unknown option --retrys\. Did you mean --retries\?/],
      [["fetsh"], /^tsyncio: unknown command "fetsh"\. Did you mean "fetch"\?/],
    ];
    const results = await Promise.all(wrong.map(([args]) => runCommand(...args)));
    for (const [at, { code, out, err }] of results.entries()) {
      assert.deepEqual([code, out], [2, ""], err);
      assert.match(err, wrong[at]![1]);
    }
  });

  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`on ${signal} stops at once, prints the summary and exits with ${exitCode}`, async () => {
      await using server = await serveHttp((path, response) => {
        if (path === "/quick") response.end("done");
      });
      const urls = ["/quick", "/never", "/never"].map((path) => server.origin + path);
      const command = new RunningCommand(["fetch", ...urls]);
      await command.printed(/\/quick\n/);
      command.kill(signal);
      const { code, out } = await command.ended;
      assert.equal(code, exitCode);
      assert.match(out, /\ncancelled after 1 of 3 pages, none failed, 4 B in .*\n$/);
      await server.quiet();
    });
  }

  it("prints its help and its version", async () => {
    const [help, fetchHelp, version] = await Promise.all([
      runCommand(),
      runCommand("fetch", "--help"),
      runCommand("--version"),
    ]);
    assert.match(help.out, /^Usage: tsyncio COMMAND/);
    assert.match(fetchHelp.out, /^Usage: tsyncio fetch/);
    assert.match(version.out, /^\d+\.\d+\.\d+\S*\n$/);
    assert.deepEqual([help.code, fetchHelp.code, version.code], [0, 0, 0]);
  });
});
