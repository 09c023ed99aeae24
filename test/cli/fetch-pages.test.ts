import assert from "node:assert/strict";
import { describe, it } from "node:test";
import "../../src/http.ts";
import { fetchDefaults, type FetchOptions } from "../../src/cli/fetch-arguments.ts";
import { fetchPages } from "../../src/cli/fetch-pages.ts";
import { withCancelScope } from "../../src/kernel/cancel-scope.ts";
import { deadPort, delay, serveHttp, serveTcp } from "./loopback.ts";
import { RecordedTerminal, screenOf } from "./recorder.ts";

const options: FetchOptions = { ...fetchDefaults, json: false };

async function fetchAll(
  texts: readonly string[],
  change: Partial<FetchOptions> = {},
  terminal = new RecordedTerminal(),
) {
  const urls = texts.map((text) => new URL(text));
  const summary = await fetchPages(urls, { ...options, ...change }, terminal);
  return { summary, terminal, lines: terminal.out.lines };
}

describe("fetchPages", () => {
  it("prints a line for each page as it ends, and a summary", async () => {
    const terminal = new RecordedTerminal();
    const othersPrinted = terminal.out.reaches(2);
    await using server = await serveHttp(async (path, response) => {
      if (path === "/slow") await othersPrinted;
      response.writeHead(path === "/missing" ? 404 : 200).end("x".repeat(1_500));
    });
    const paths = ["/slow", "/quick", "/missing"];
    const { lines, summary } = await fetchAll(
      paths.map((path) => server.origin + path),
      {},
      terminal,
    );
    assert.equal(lines.length, 4);
    assert.match(lines[2]!, /^200 +1\.5 kB +\S+ m?s {2}http:\S+\/slow$/);
    assert.match(lines.slice(0, 2).sort()[1]!, /^404 +1\.5 kB +\S+ m?s {2}http:\S+\/missing$/);
    assert.match(lines[3]!, /^3 pages, 1 failed, 4\.5 kB in \S+ m?s, p50 \S+ m?s, p99 \S+ m?s$/);
    assert.deepEqual([summary.total, summary.ended, summary.failed, summary.bytes], [3, 3, 1, 4_500]);
  });

  it("lets no slow host hold up the pages of another", async () => {
    let quickEnded = 0;
    let release = (): void => {};
    const allQuickEnded = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using slow = await serveHttp(async (_path, response) => {
      await allQuickEnded;
      response.end();
    });
    await using quick = await serveHttp((_path, response) => {
      response.end();
      if (++quickEnded === 10) release();
    });
    const urls = [1, 2, 3, 4, 5].map((page) => `${slow.origin}/${page}`);
    urls.push(...Array.from({ length: 10 }, (_, page) => `${quick.origin}/${page}`));
    const { summary } = await fetchAll(urls, { concurrency: 2, perHost: 1 });
    assert.equal(summary.failed, 0);
    assert.equal(slow.mostRunning, 1);
  });

  it("sends no more requests at a time than it may, in all and to one host", async () => {
    let running = 0;
    let most = 0;
    const handler = async (_path: string, response: { end(): void }): Promise<void> => {
      most = Math.max(most, ++running);
      await delay(5);
      running--;
      response.end();
    };
    await using first = await serveHttp(handler);
    await using second = await serveHttp(handler);
    await using third = await serveHttp(handler);
    const urls = [first, second, third].flatMap(({ origin }) =>
      [1, 2, 3, 4, 5].map((page) => `${origin}/${page}`),
    );
    await fetchAll(urls, { concurrency: 4, perHost: 2 });
    assert.equal(most, 4);
    for (const server of [first, second, third])
      assert.ok(server.mostRunning <= 2, `${server.mostRunning}`);
    assert.ok([first, second, third].some(({ mostRunning }) => mostRunning === 2));
  });

  it("tries a busy page again, holding no slot during the pause, but not a missing one", async () => {
    let tries = 0;
    await using server = await serveHttp((path, response) => {
      const status = path === "/missing" ? 404 : path === "/busy" && ++tries < 2 ? 503 : 200;
      response.writeHead(status).end();
    });
    const urls = ["/busy", "/missing", "/other"].map((path) => server.origin + path);
    const { lines, summary } = await fetchAll(urls, { concurrency: 1, retries: 2 });
    assert.deepEqual(server.paths, ["/busy", "/missing", "/other", "/busy"]);
    assert.match(lines[2]!, /^200 .*\/busy {2}\(2 attempts\)$/);
    assert.equal(summary.failed, 1);
  });

  it("tries again after a lost connection", async () => {
    let tries = 0;
    await using server = await serveHttp((_path, response) => {
      if (++tries === 1) response.destroy();
      else response.end("at last");
    });
    const { lines } = await fetchAll([`${server.origin}/`], { retries: 1 });
    assert.match(lines[0]!, /^200 +7 B .*\(2 attempts\)$/);
  });

  it("tries again after a timeout, and says what came last", async () => {
    await using server = await serveHttp(() => {});
    const { lines } = await fetchAll([`${server.origin}/`], { retries: 1, timeoutMs: 250 });
    assert.match(lines[0]!, /^error +0 B .* no answer within 250 ms {2}\(2 attempts\)$/);
    assert.equal(server.paths.length, 2);
    await server.quiet();
  });

  it("ends a request that takes too long, on the server too", async () => {
    await using server = await serveHttp((_path, response) => {
      response.writeHead(200).write("x".repeat(2_000));
    });
    const { lines } = await fetchAll([`${server.origin}/`], { timeoutMs: 300 });
    assert.match(lines[0]!, /^error +2\.0 kB .* only 2\.0 kB of the answer came within 300 ms$/);
    await server.quiet();
  });

  it("names the server that refuses a connection, and asks whether it runs", async () => {
    const port = await deadPort();
    const { lines, summary } = await fetchAll([`http://127.0.0.1:${port}/page`]);
    assert.match(
      lines[0]!,
      new RegExp(`connection refused by 127.0.0.1:${port}: is a server running there\\?$`),
    );
    assert.match(lines[1]!, /^1 page, 1 failed, 0 B in \d+ ms$/);
    assert.equal(summary.p50Ms, undefined);
  });

  it("says what is wrong with a peer that breaks off, or speaks no HTTP", async () => {
    await using breaking = await serveTcp((socket) => {
      socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
    });
    await using strange = await serveTcp((socket) => {
      socket.on("data", () => socket.end("SSH-2.0-OpenSSH_9.9\r\n\r\n"));
    });
    const broken = await fetchAll([`${breaking.origin}/`]);
    assert.match(
      broken.lines[0]!,
      /127\.0\.0\.1:\d+ closed the connection before its answer was complete$/,
    );
    const odd = await fetchAll([`${strange.origin}/`]);
    assert.match(odd.lines[0]!, /answered with something that is not HTTP$/);
    const plain = await fetchAll([`${strange.origin.replace("http", "https")}/`]);
    assert.match(plain.lines[0]!, /no secure connection to 127\.0\.0\.1:\d+: |closed the connection/);
  });

  it("says that a host does not exist", async () => {
    const { lines } = await fetchAll(["http://no-such-host.invalid/"]);
    assert.match(
      lines[0]!,
      /there is no host named "no-such-host\.invalid": is it spelled right\?$|no name server answers/,
    );
  });

  it("counts the pieces of a body, and keeps none", async () => {
    await using server = await serveHttp((_path, response) => {
      for (let piece = 0; piece < 20; piece++) response.write(Buffer.alloc(50_000));
      response.end();
    });
    const { summary } = await fetchAll([`${server.origin}/`]);
    assert.equal(summary.bytes, 1_000_000);
  });

  it("prints the summary of what had ended when it is cancelled, and leaves no request behind", async () => {
    await using server = await serveHttp((path, response) => {
      if (path === "/quick") response.end("done");
    });
    const terminal = new RecordedTerminal();
    await withCancelScope(async (scope) => {
      const write = terminal.out.write.bind(terminal.out);
      terminal.out.write = (text) => {
        write(text);
        scope.cancel("enough");
      };
      await fetchAll(
        ["/quick", "/never", "/never"].map((path) => server.origin + path),
        {},
        terminal,
      );
    });
    assert.equal(terminal.out.lines.length, 2);
    assert.match(
      terminal.out.lines[1]!,
      /^cancelled after 1 of 3 pages, none failed, 4 B in \d+ ms, p50 /,
    );
    await server.quiet();
  });
});

describe("fetchPages with --json", () => {
  it("prints one object for each page, and the summary last", async () => {
    await using server = await serveHttp((path, response) => {
      response.writeHead(path === "/missing" ? 404 : 200).end("text");
    });
    const urls = [
      `${server.origin}/`,
      `${server.origin}/missing`,
      `http://127.0.0.1:${await deadPort()}/`,
    ];
    const { lines } = await fetchAll(urls, { json: true });
    const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const byUrl = (url: string) => objects.find((object) => object["url"] === url)!;
    assert.deepEqual(
      { ...byUrl(urls[0]!), ms: 0 },
      { type: "page", url: urls[0], ok: true, status: 200, bytes: 4, ms: 0, attempts: 1 },
    );
    assert.deepEqual(
      { ...byUrl(urls[1]!), ms: 0 },
      { type: "page", url: urls[1], ok: false, status: 404, bytes: 4, ms: 0, attempts: 1 },
    );
    const refused = byUrl(urls[2]!);
    assert.equal(refused["status"], null);
    assert.equal((refused["error"] as { kind: string }).kind, "refused");
    const { p50Ms, p99Ms, ms, ...counts } = objects.at(-1)!;
    assert.deepEqual(counts, { type: "summary", pages: 3, ended: 3, failed: 2, bytes: 8 });
    for (const figure of [p50Ms, p99Ms, ms]) assert.equal(typeof figure, "number");
  });
});

describe("The progress of fetchPages", () => {
  it("stands below the lines on one screen, and is gone at the end", async () => {
    await using server = await serveHttp((_path, response) => response.end("x"));
    const terminal = new RecordedTerminal({ out: true, err: true });
    await fetchAll(
      ["/1", "/2"].map((path) => server.origin + path),
      {},
      terminal,
    );
    assert.ok(terminal.err.text.includes("0/2"), "no bar was drawn");
    const rows = screenOf(terminal.log);
    assert.deepEqual(
      rows.slice(-2).map((row) => /^2 pages, |^$/.test(row)),
      [true, true],
    );
    assert.equal(rows.length, 4);
    assert.ok(
      rows.slice(0, 2).every((row) => row.startsWith("200 ")),
      rows.join("\n"),
    );
  });

  it("is not drawn where standard error is no terminal, and never goes to the results", async () => {
    await using server = await serveHttp((_path, response) => response.end("x"));
    const piped = new RecordedTerminal({ out: true, err: false });
    await fetchAll([`${server.origin}/`], {}, piped);
    assert.equal(piped.err.text, "");
    const redirected = new RecordedTerminal({ out: false, err: true });
    await fetchAll([`${server.origin}/`], {}, redirected);
    assert.ok(!redirected.out.text.includes("\u001B") && !redirected.out.text.includes("\r"));
    assert.equal(screenOf(redirected.err.writes).join(""), "");
  });
});
