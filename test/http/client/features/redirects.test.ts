import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  MockTransport,
  RedirectRefused,
  TooManyRedirects,
  type MockReply,
} from "../../../../src/http.ts";
import { everyStep } from "../../../every-step.ts";
import { requestOf, sendThrough } from "./requests.ts";

const to = (location: string, status = 302): MockReply => ({
  status,
  headers: { location },
  body: "moved",
});

describe("Redirects", () => {
  it("are followed, and kept in the history", async () => {
    const mock = new MockTransport()
      .on("GET", "/a", to("/b?x#y", 301))
      .on("GET", "/b", to("//b.example/c", 308));
    mock.on("GET", "http://b.example/c", "there");
    const response = await sendThrough(mock.send, requestOf("GET", "http://a.example/a"));
    assert.equal(await response.text(), "there");
    assert.equal(response.url, "http://b.example/c");
    assert.deepEqual(
      response.history.map(({ status, url }) => `${status} ${url}`),
      ["301 http://a.example/a", "308 http://a.example/b?x"],
    );
  });

  it("leave an answer alone that is none, and all of them where none are wanted", async () => {
    const mock = new MockTransport()
      .on("*", "/300", { status: 300, headers: { location: "/x" } })
      .on("*", "/302", to("/x"));
    assert.equal((await sendThrough(mock.send, requestOf("GET", "http://a/300"))).status, 300);
    const first = await sendThrough(mock.send, requestOf("GET", "http://a/302", { maxRedirects: 0 }));
    assert.equal(first.status, 302);
    assert.equal(await first.text(), "moved");
    assert.deepEqual(first.history, []);
  });

  it("take no credentials to another origin, however often they are repeated, and no other field away", async () => {
    const mock = new MockTransport()
      .on("GET", "http://a.example/", to("http://b.example/"))
      .on("GET", "http://b.example/", to("http://a.example/end"));
    mock.on("GET", "/end", "");
    const request = requestOf("GET", "http://a.example/", {
      auth: { bearer: "option" },
      headers: [
        ["Authorization", "Bearer one"],
        ["authorization", "Bearer two"],
        ["Cookie", "a=1"],
        ["COOKIE", "b=2"],
        ["Proxy-Authorization", "Basic x"],
        ["X-Kept", "1"],
        ["x-kept", "2"],
      ],
    });
    const seen: unknown[] = [];
    await sendThrough((each) => {
      seen.push(each.options.auth);
      return mock.send(each);
    }, request);
    const [first, second, third] = mock.calls;
    assert.deepEqual(first?.headers.getAll("authorization"), ["Bearer one", "Bearer two"]);
    for (const call of [second, third]) {
      for (const name of ["authorization", "cookie", "proxy-authorization"])
        assert.deepEqual(call?.headers.getAll(name), [], name);
      assert.deepEqual(call?.headers.getAll("x-kept"), ["1", "2"]);
    }
    // Nor are they sent when a later step comes back: who sent it there is not known.
    assert.deepEqual(seen, [{ bearer: "option" }, null, null]);
  });

  it("keep credentials within the origin", async () => {
    const mock = new MockTransport().on("GET", "/a", to("http://A.example:80/b")).on("GET", "/b", "");
    await sendThrough(
      mock.send,
      requestOf("GET", "http://a.example/a", { headers: { authorization: "x", cookie: "a=1" } }),
    );
    assert.deepEqual(
      mock.calls.map(({ headers }) => [headers.get("authorization"), headers.get("cookie")]),
      [
        ["x", "a=1"],
        ["x", "a=1"],
      ],
    );
  });

  it("take away what an outer middleware adds, where it must not go", async () => {
    const mock = new MockTransport()
      .on("GET", "http://a.example/", to("http://b.example/"))
      .on("GET", "http://b.example/", "");
    const request = requestOf("GET", "http://a.example/", {
      middleware: [
        (each, next) => {
          each.headers.set("authorization", "Bearer secret");
          return next(each);
        },
      ],
    });
    await sendThrough(mock.send, request);
    assert.deepEqual(
      mock.calls.map(({ headers }) => headers.get("authorization")),
      ["Bearer secret", null],
    );
  });

  it("make a GET of a POST, without its body and what is said of it", async () => {
    for (const status of [301, 302, 303]) {
      const mock = new MockTransport().on("POST", "/", to("/got", status)).on("GET", "/got", "");
      const headers = { "content-type": "text/plain", "content-language": "en", accept: "x" };
      await sendThrough(mock.send, requestOf("POST", "http://a/", { body: "hello", headers }));
      const [posted, got] = mock.calls;
      assert.equal(posted?.text, "hello");
      assert.equal(got?.text, "");
      assert.deepEqual(
        [...(got?.headers ?? [])].map(([name]) => name).filter((name) => /^content|accept$/.test(name)),
        ["accept"],
      );
    }
  });

  it("send a body again by 307 and 308 where that can be, and else refuse", async () => {
    for (const status of [307, 308]) {
      const mock = new MockTransport().on("POST", "/", to("/again", status)).on("POST", "/again", "");
      await sendThrough(mock.send, requestOf("POST", "http://a/", { body: "hello" }));
      assert.deepEqual(
        mock.calls.map(({ text }) => text),
        ["hello", "hello"],
      );
      async function* once(): AsyncGenerator<string> {
        yield "hello";
      }
      await assert.rejects(
        sendThrough(mock.send, requestOf("POST", "http://a/", { body: once() })),
        (error: unknown) =>
          error instanceof RedirectRefused &&
          error.status === status &&
          error.location === "/again" &&
          /sent once/.test(error.message),
      );
    }
  });

  it("are refused from https to http, and say how to go on", async () => {
    const mock = new MockTransport().on("GET", "https://a.example/", to("http://a.example/"));
    await assert.rejects(
      sendThrough(mock.send, requestOf("GET", "https://u:secret@a.example/")),
      (error: unknown) => {
        assert.ok(error instanceof RedirectRefused);
        assert.match(error.message, /GET https:\/\/a\.example\/ .*https to http.*maxRedirects to 0/);
        return !error.message.includes("secret");
      },
    );
    assert.equal(mock.calls.length, 1);
  });

  it("end with the limit, on both sides of it", async () => {
    const mock = new MockTransport().on("GET", /\/\d+$/, ({ url }) => {
      const n = Number(url.slice(url.lastIndexOf("/") + 1));
      return n === 0 ? "end" : to(`/${n - 1}`);
    });
    const response = await sendThrough(mock.send, requestOf("GET", "http://a/10"));
    assert.equal(response.history.length, 10);
    await assert.rejects(
      sendThrough(mock.send, requestOf("GET", "http://a/11")),
      (error: unknown) => error instanceof TooManyRedirects && error.maxRedirects === 10,
    );
    assert.equal(
      (await sendThrough(mock.send, requestOf("GET", "http://a/2", { maxRedirects: 2 }))).history.length,
      2,
    );
  });

  it("that go in circles are said to", async () => {
    const mock = new MockTransport().on("GET", "/a", to("/b")).on("GET", "/b", to("/a"));
    await assert.rejects(sendThrough(mock.send, requestOf("GET", "http://x/a", { maxRedirects: 3 })), {
      code: "TSY_TOO_MANY_REDIRECTS",
      message: /more than 3 times: http:\/\/x\/a -> http:\/\/x\/b -> .*goes in circles/,
    });
  });

  it(
    "leave nothing behind when they are cancelled at any step",
    everyStep(async (step) => {
      const mock = new MockTransport()
        .on("GET", "/a", { ...(to("/b") as object), delayMs: 5 })
        .on("GET", "/b", { delayMs: 5, body: "there" });
      const outcome = await step.attempt(async () => {
        const response = await sendThrough(mock.send, requestOf("GET", "http://x/a"));
        return response.status;
      });
      if (!outcome.cancelled) assert.equal(outcome.value, 200);
    }),
  );
});
