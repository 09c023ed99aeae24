import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Event,
  InvalidArgument,
  Queue,
  sleep,
  withTaskGroup,
  withTimeoutOr,
} from "../../../../src/index.ts";
import { HttpError, reply, toFetch, type Handler } from "../../../../src/http.ts";
import { virtual } from "../../../../src/testing.ts";

const ask = (
  handler: Handler,
  url = "http://shop.example/a?b=c",
  init: RequestInit = {},
): Promise<Response> => toFetch(handler)(new Request(url, init));

describe("A handler as fetch", () => {
  it("gets the request, and answers with what it returns", async () => {
    const response = await ask(
      async (request) => ({
        method: request.method,
        url: request.url.href,
        scheme: request.scheme,
        type: request.headers.get("content-type"),
        body: await request.text(),
      }),
      "https://shop.example/a?b=c",
      { method: "POST", body: "hello", headers: { "content-type": "text/x" } },
    );
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.deepEqual(await response.json(), {
      method: "POST",
      url: "https://shop.example/a?b=c",
      scheme: "https",
      type: "text/x",
      body: "hello",
    });
  });

  it("answers with all kinds of replies", async () => {
    async function* pieces(): AsyncGenerator<string> {
      yield "in ";
      await sleep(1);
      yield "pieces";
    }
    const textOf = async (handler: Handler): Promise<string> => (await ask(handler)).text();
    assert.equal(await textOf(() => "text"), "text");
    assert.equal(await textOf(() => new Uint8Array([104, 105])), "hi");
    assert.equal(await textOf(() => pieces()), "in pieces");
    assert.equal(await textOf(() => new Response("web")), "web");
    assert.equal((await ask(() => undefined)).status, 204);
    const made = await ask(() =>
      reply("x", {
        status: 201,
        headers: [
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
        ],
      }),
    );
    assert.deepEqual([made.status, made.headers.getSetCookie()], [201, ["a=1", "b=2"]]);
    const head = await ask(() => "text", "http://a/", { method: "HEAD" });
    assert.deepEqual([head.headers.get("content-length"), await head.text()], ["4", ""]);
  });

  it("answers what it throws", async () => {
    const errors: unknown[] = [];
    const answer = toFetch(
      async (request) => {
        if (request.path === "/teapot") throw new HttpError(418, "short and stout");
        if (request.path === "/json") return await request.json();
        throw new Error("secret");
      },
      { onError: (error) => errors.push(error) },
    );
    const teapot = await answer(new Request("http://a/teapot"));
    assert.deepEqual([teapot.status, await teapot.text()], [418, "short and stout"]);
    assert.equal((await answer(new Request("http://a/json", { method: "POST", body: "{" }))).status, 400);
    assert.equal(errors.length, 0);
    const failed = await answer(new Request("http://a/"));
    assert.deepEqual(
      [failed.status, (await failed.text()).includes("secret"), errors.length],
      [500, false, 1],
    );
  });

  it("is cancelled by the signal of the request, and the caller learns why", async () => {
    const controller = new AbortController();
    const begun = new Event();
    const ended = new Event();
    const answer = ask(
      async () => {
        try {
          begun.set();
          await sleep(60_000);
        } finally {
          ended.set();
        }
        return "";
      },
      "http://a/",
      { signal: controller.signal },
    );
    await begun.wait();
    controller.abort();
    await assert.rejects(answer, { name: "AbortError" });
    await ended.wait();
  });

  it(
    "is cancelled with the task that calls it",
    virtual(async () => {
      const log: string[] = [];
      const slow: Handler = async () => {
        try {
          await sleep(1_000);
        } finally {
          log.push("ended");
        }
        return "";
      };
      assert.equal(await withTimeoutOr(10, () => ask(slow), "cancelled"), "cancelled");
      await sleep(1);
      assert.deepEqual(log, ["ended"]);
      assert.equal(await withTimeoutOr(0, () => ask(slow), "refused"), "refused");
    }),
  );

  it("is cancelled, where it streams, when nobody wants the rest", async () => {
    const ended = new Event();
    const made = new Queue<number>({ capacity: Infinity });
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (let n = 0; ; n++) {
          made.tryPut(n);
          yield new Uint8Array(10);
        }
      } finally {
        ended.set();
      }
    }
    const response = await ask(() => endless());
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    assert.equal((await reader.read()).value?.length, 10);
    await sleep(20);
    assert.ok(made.stats().size < 10, `${made.stats().size} pieces without a reader`);
    await reader.cancel();
    await ended.wait();
  });

  it("errors a stream that fails midway", async () => {
    const errors: unknown[] = [];
    async function* broken(): AsyncGenerator<string> {
      yield "begun";
      throw new Error("midway");
    }
    const answer = toFetch(() => broken(), { onError: (error) => errors.push(error) });
    const response = await answer(new Request("http://a/"));
    await assert.rejects(response.text());
    assert.equal((errors[0] as Error).message, "midway");
  });

  it("reads a streamed body while it comes, and lets go of one that it does not want", async () => {
    const cancelled = new Event();
    let n = 0;
    const body = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (controller) => {
          if (n++ < 5) controller.enqueue(new Uint8Array(100));
          else controller.close();
        },
        cancel: () => cancelled.set(),
      });
    const init = (stream: ReadableStream): RequestInit =>
      ({ method: "POST", body: stream, duplex: "half" }) as RequestInit;
    const response = await ask(
      async ({ body: coming }) => String((await coming.bytes()).length),
      "http://a/",
      init(body()),
    );
    assert.equal(await response.text(), "500");
    n = 0;
    assert.equal(await (await ask(() => "no, thanks", "http://a/", init(body()))).text(), "no, thanks");
    await cancelled.wait();
  });

  it("serves many at the same time, each in a task of its own", async () => {
    const answer = toFetch(async ({ path }) => {
      await sleep(1);
      return path;
    });
    const paths: string[] = [];
    await withTaskGroup((group) => {
      for (let n = 0; n < 50; n++)
        group.spawn(async () => paths.push(await (await answer(new Request(`http://a/${n}`))).text()));
    });
    assert.equal(new Set(paths).size, 50);
  });

  it("knows the client's address where the server says it", async () => {
    const answer = toFetch(({ clientAddress }) => clientAddress);
    const from = async (server?: unknown): Promise<string> =>
      (await answer(new Request("http://a/"), server)).text();
    assert.equal(
      await from({ remoteAddr: { transport: "tcp", hostname: "10.0.0.1", port: 5 } }),
      "10.0.0.1",
    );
    assert.equal(
      await from({ requestIP: () => ({ address: "10.0.0.2", port: 5, family: "IPv4" }) }),
      "10.0.0.2",
    );
    assert.equal(await from(), "unknown");
  });

  it("refuses what is no handler, at once", () => {
    assert.throws(() => toFetch(7 as never), InvalidArgument);
    for (const options of [{ handlerMs: NaN }, { handlerMs: -1 }, { maxBodyBytes: 1.5 }, { port: 80 }])
      assert.throws(
        () => toFetch(() => "", options as never),
        (error) => error instanceof InvalidArgument && error.message.includes("toFetch"),
      );
  });
});

const bun = Reflect.get(globalThis, "Bun") as
  | { serve(options: object): { readonly port: number; stop(now: boolean): void } }
  | undefined;
const deno = Reflect.get(globalThis, "Deno") as
  | {
      serve(
        options: object,
        fetch: unknown,
      ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> };
    }
  | undefined;

describe("The runtime's own server", { skip: bun === undefined && deno === undefined }, () => {
  it("takes it, and a client that leaves cancels it", async () => {
    const begun = new Event();
    const ended = new Event();
    const fetch = toFetch(async ({ path, clientAddress }) => {
      if (path === "/address") return clientAddress;
      try {
        begun.set();
        await sleep(60_000);
      } finally {
        ended.set();
      }
      return "";
    });
    const own = deno?.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, fetch);
    const other = own === undefined ? bun?.serve({ port: 0, hostname: "127.0.0.1", fetch }) : undefined;
    const port = own?.addr.port ?? other?.port ?? 0;
    assert.match(
      await (await globalThis.fetch(`http://127.0.0.1:${port}/address`)).text(),
      /127\.0\.0\.1/,
    );
    const controller = new AbortController();
    const asking = globalThis.fetch(`http://127.0.0.1:${port}/slow`, { signal: controller.signal });
    await begun.wait();
    controller.abort();
    await assert.rejects(asking);
    await ended.wait();
    other?.stop(true);
    await own?.shutdown();
  });
});
