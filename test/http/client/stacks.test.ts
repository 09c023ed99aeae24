/** Errors are born where the platform calls; their stacks tell who asked all the same. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { all, sleep } from "../../../src/index.ts";
import { HttpClient, HttpRequestFailed, HttpTimeout, logRequests } from "../../../src/http.ts";
import { clientOf, failureOf, offline, ok, rawServer } from "./raw-server.ts";

/** Functions of a program, one in the other. */
async function innerOfProgram(ask: () => PromiseLike<unknown>): Promise<unknown> {
  return await ask();
}

async function outerOfProgram(ask: () => PromiseLike<unknown>): Promise<unknown> {
  const got = await innerOfProgram(ask);
  return got;
}

async function stackOf(ask: () => PromiseLike<unknown>): Promise<string> {
  const error = await failureOf(outerOfProgram(ask));
  assert.ok(error instanceof HttpRequestFailed || error instanceof HttpTimeout, String(error));
  const { stack = "" } = error;
  assert.ok(stack.includes(error.message), "it begins with what happened");
  return stack;
}

function assertSeen(stack: string, ...names: readonly string[]): void {
  for (const name of names)
    assert.equal(stack.split(`${name} `).length, 2, `${name} is once in\n${stack}`);
}

/** Whether the engine finds the way from a promise to one that was resolved with it: that of Bun sees direct awaits alone. */
async function seesCallers(): Promise<boolean> {
  const turn = Promise.resolve();
  async function failing(): Promise<never> {
    await turn;
    await turn;
    throw new Error("here");
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  async function innermost(): Promise<void> {
    await promise;
  }
  const stack = failureOf(innermost());
  resolve(failing());
  return (await stack).stack?.includes("innermost") === true;
}

const skip = (await seesCallers()) ? false : "the engine does not see callers behind a resolved promise";

describe("The stack of an error shows who asked", { skip }, () => {
  const failures: Record<string, (http: HttpClient) => PromiseLike<unknown>> = {
    "no connection came about": (http) => http.get("http://nobody:1/"),
    "it was asked for its text": (http) => http.get("http://nobody:1/").text(),
    "it has a body": (http) => http.post("http://nobody:1/", { body: "hello" }),
    "it has a body that is a stream": (http) => http.post("http://nobody:1/", { body: pieces() }),
    "its connection was lost": (http) => http.get("/reset"),
    "the response is no HTTP": (http) => http.get("/garbage"),
    "a limit passed": (http) => http.get("/slow", { firstByteMs: 5 }),
    "it waited in line for too long": (http) => {
      void http.get("/slow").catch(() => {});
      return http.get("/slow", { poolMs: 5 });
    },
    "a redirect led there": (http) => http.get("/redirect"),
  };
  for (const [why, ask] of Object.entries(failures))
    for (const middleware of [[], [logRequests({ log: () => {} })]])
      it(
        `where ${why}${middleware.length === 0 ? "" : ", through middleware"}`,
        offline(async () => {
          await using _ = await rawServer(async ({ head, stream }) => {
            if (head.startsWith("GET /reset")) stream.abort();
            if (head.startsWith("GET /garbage")) return "garbage\r\n\r\n";
            if (head.startsWith("GET /redirect"))
              return "HTTP/1.1 302 Found\r\nLocation: /reset\r\nContent-Length: 0\r\n\r\n";
            if (head.startsWith("GET /slow")) await sleep(100);
            return ok("");
          });
          await using http = clientOf({ middleware, maxConnections: 1 });
          // Of ten frames that are shown, middleware has some.
          const [inner, outer] = ["innerOfProgram", "outerOfProgram"];
          const names = middleware.length === 0 ? [inner, outer] : [inner];
          assertSeen(await stackOf(() => ask(http)), ...names);
        }),
      );

  it(
    "in a task of its own, and each error its own",
    offline(async () => {
      await using http = new HttpClient();
      const ask = (): PromiseLike<unknown> => http.get("http://nobody:1/");
      const stacks = await all([() => stackOf(ask), () => stackOf(ask)]);
      for (const stack of stacks) assertSeen(stack, "innerOfProgram", "outerOfProgram");
    }),
  );
});

describe("An error of a request that a body's source throws", () => {
  for (const how of ["frozen", "thrown many times"])
    it(
      `is handed out as it is: ${how}`,
      offline(async () => {
        await using _ = await rawServer(() => undefined);
        await using http = clientOf();
        const error = await failureOf(http.get("http://nobody:1/"));
        if (how === "frozen") Object.freeze(error);
        const ask = (): Promise<Error> => failureOf(http.post("/", { body: pieces(error) }));
        assert.equal(await ask(), error);
        const { stack } = error;
        assert.equal(await ask(), error);
        assert.equal(error.stack, stack);
      }),
    );
});

async function* pieces(error?: Error): AsyncGenerator<string> {
  yield "one";
  if (error !== undefined) throw error;
}
