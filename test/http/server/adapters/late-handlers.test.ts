import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, it } from "node:test";
import { currentRuntime, Event, sleep, withShield } from "../../../../src/index.ts";
import {
  HttpClient,
  HttpError,
  reply,
  toFetch,
  toNodeHandler,
  type Handler,
} from "../../../../src/http.ts";
import { virtual } from "../../../../src/testing.ts";
import { logTexts } from "../../../log-texts.ts";
import { listening, mounted, talk } from "./mounted.ts";

/** A handler that does not end when it is cancelled, but when it is let go. */
function stuck() {
  const began = new Event();
  const gate = new Event();
  const ended = new Event();
  let closed = 0;
  const handler: Handler = async () => {
    began.set();
    await withShield(Infinity, () => gate.wait());
    ended.set();
    return new ReadableStream({ cancel: () => void closed++ });
  };
  return { began, gate, ended, handler, closed: () => closed };
}

/** Asks another server that has begun a reply of its own before it calls the handler, and sees that reply cut off. */
async function seesItCut(handler: ReturnType<typeof toNodeHandler>): Promise<void> {
  await using server = await listening(
    createServer((incoming, response) => {
      response.write("already begun");
      handler(incoming, response);
    }),
  );
  const stream = await talk(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await assert.rejects(async () => {
    while ((await stream.read()) !== null);
    throw new Error("it ended");
  });
  await stream.close();
}

const request = (path = "/", init: RequestInit = {}): Request =>
  new Request(`http://shop.example${path}`, init);

describe("A handler that does not end, in another server", () => {
  it("has its client answered with 503 when its grace is over, and what it gives late closed", async () => {
    const late = stuck();
    const texts = await logTexts(async () => {
      await using server = await mounted(late.handler, { handlerMs: 2, handlerGraceMs: 2 });
      await using http = new HttpClient();
      const response = await http.get(server.url);
      assert.deepEqual([response.status, await response.text()], [503, "the server took too long"]);
      late.gate.set();
      while (late.closed() === 0) await sleep(0);
    });
    assert.equal(texts.length, 1);
    assert.match(texts[0]!, /^TSY_HANDLER_STUCK the handler of GET \//);
  });

  it("is reported, and cut, where the other server has begun a reply of its own", async () => {
    const reported: unknown[] = [];
    const late = stuck();
    const handler = toNodeHandler(late.handler, {
      handlerMs: 2,
      handlerGraceMs: 2,
      onError: (error) => reported.push(error),
    });
    const texts = await logTexts(async () => {
      await seesItCut(handler);
      late.gate.set();
      await late.ended.wait();
    });
    assert.deepEqual([texts.length, reported.length], [1, 1]);
  });

  it("is told where its client has left, with one record", async () => {
    const late = stuck();
    const told = new Event();
    const texts = await logTexts(async () => {
      const runtime = currentRuntime();
      const { log } = runtime;
      runtime.log = (record) => {
        log(record);
        told.set();
      };
      await using server = await mounted(late.handler, { handlerGraceMs: 2 });
      const stream = await talk(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await late.began.wait();
      stream.abort();
      await told.wait();
      late.gate.set();
      while (late.closed() === 0) await sleep(0);
    });
    assert.equal(texts.length, 1, texts.join("\n"));
  });

  it(
    "resolves as fetch to 503",
    virtual(async (time) => {
      const late = stuck();
      const texts = await logTexts(async () => {
        const fetch = toFetch(late.handler, { handlerMs: 1_000, handlerGraceMs: 2_000 });
        const response = await fetch(request());
        assert.deepEqual([response.status, time.now()], [503, 3_000]);
        late.gate.set();
        await late.ended.wait();
      });
      assert.equal(texts.length, 1);
    }),
  );

  it(
    "rejects as fetch where the signal has aborted, when its grace is over",
    virtual(async (time) => {
      const late = stuck();
      const left = new AbortController();
      await logTexts(async () => {
        const answer = toFetch(late.handler)(request("/", { signal: left.signal }));
        answer.catch(() => {});
        await late.began.wait();
        left.abort(new Error("changed my mind"));
        await assert.rejects(answer, /changed my mind/);
        assert.equal(time.now(), 5_000);
        late.gate.set();
        await late.ended.wait();
      });
    }),
  );
});

describe("A handler that has not noticed that its client has left", () => {
  it(
    "has its fetch rejected when it ends",
    virtual(async (time) => {
      const texts = await logTexts(async () => {
        for (const method of ["GET", "HEAD"]) {
          const late = stuck();
          const left = new AbortController();
          const fetch = toFetch(late.handler, { accessLog: true });
          const answer = fetch(request("/", { method, signal: left.signal }));
          answer.catch(() => {});
          await late.began.wait();
          left.abort(new Error("changed my mind"));
          late.gate.set();
          await assert.rejects(answer, /changed my mind/);
          assert.deepEqual([late.closed(), time.now()], [1, 0]);
        }
      });
      assert.equal(texts.length, 2);
      for (const text of texts) assert.match(text, /^TSY_HTTP_ACCESS .* 0, 0 bytes, .* no reply$/);
    }),
  );
});

describe("A handler that fails when it is too late, in another server", () => {
  it(
    "is told to the log with what has become of its reply",
    virtual(async () => {
      const gate = new Event();
      const handler: Handler = async () => {
        await withShield(Infinity, () => gate.wait());
        throw new Error("late failure");
      };
      const texts = await logTexts(async () => {
        const response = await toFetch(handler, { handlerMs: 1, handlerGraceMs: 1 })(request());
        assert.equal(response.status, 503);
        gate.set();
        await sleep(1);
      });
      assert.equal(texts.length, 2);
      assert.match(texts[1]!, /TSY_HANDLER_FAILED .* The reply was sent\.\n[^]*late failure/);
    }),
  );

  it("is told to the log too where it is an HttpError that the other server does not take", async () => {
    const handler = toNodeHandler(() => {
      throw new HttpError(404, "no such page");
    });
    const texts = await logTexts(async () => {
      await seesItCut(handler);
    });
    assert.equal(texts.length, 1);
    assert.match(texts[0]!, /TSY_HANDLER_FAILED .* did not take its reply/);
  });
});

describe("A stream that fails before its first piece, in another server", () => {
  const handler: Handler = ({ path }) =>
    (async function* () {
      if (path === "/gone") throw new HttpError(410, "no longer here");
      if (path === "/") throw new Error("no such file");
      yield "fine";
    })();

  it("gets 500 with one record, or what HttpError says", async () => {
    const texts = await logTexts(async () => {
      await using server = await mounted(handler);
      await using http = new HttpClient({ baseUrl: server.url });
      const fetch = toFetch(handler);
      for (const [path, status, text] of [
        ["/", 500, "Internal Server Error"],
        ["/gone", 410, "no longer here"],
        ["/fine", 200, "fine"],
      ] as const) {
        const response = await http.get(path);
        assert.deepEqual([response.status, await response.text()], [status, text]);
        const fetched = await fetch(request(path));
        assert.deepEqual([fetched.status, await fetched.text()], [status, text]);
      }
    });
    assert.equal(texts.length, 2);
    assert.match(texts[0]!, /TSY_HANDLER_FAILED[^]*no such file/);
  });
});

describe("The head of a streamed reply in another server", () => {
  it("goes out at once with an empty piece, and with the end where there is none", async () => {
    const go = new Event();
    const events: Handler = ({ path }) =>
      reply(
        (async function* () {
          if (path === "/none") return;
          yield "";
          await go.wait();
          yield "data: 1\n\n";
        })(),
        { headers: { "content-type": "text/event-stream" } },
      );
    await using server = await mounted(events);
    const fetch = toFetch(events);
    const stream = await talk(server, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.match(new TextDecoder().decode(await stream.readUntil("\r\n\r\n")), /^HTTP\/1\.1 200 /);
    const response = await fetch(request());
    assert.equal(response.status, 200);
    go.set();
    assert.match(await stream.readText(), /data: 1\n\n/);
    assert.equal(await response.text(), "data: 1\n\n");
    await stream.close();
    await using http = new HttpClient({ baseUrl: server.url });
    const none = await http.get("/none");
    assert.deepEqual([none.status, await none.text()], [200, ""]);
    const fetched = await fetch(request("/none"));
    assert.deepEqual([fetched.status, await fetched.text()], [200, ""]);
  });
});
