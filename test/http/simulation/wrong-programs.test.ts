/** Programs that are wrong about HTTP, in ways that are met in practice. Each is found, and told in few choices; its better one is not. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withTaskGroup } from "../../../src/index.ts";
import { brandOf } from "../../../src/base/tsyncio-error.ts";
import {
  HttpClient,
  retryRequests,
  serve,
  type Handler,
  type HttpServer,
  type RequestOptions,
} from "../../../src/http.ts";
import { explore, type SimulateOptions, type Simulation } from "../../../src/testing.ts";
import { failureOf } from "../../testing/failure-of.ts";

const PORT = 80;
const runs: SimulateOptions = { runs: 1_000 };

/** Runs `body` on a host of its own while another one serves, until `close` closes that. */
async function against(
  t: Simulation,
  handler: Handler,
  body: (server: HttpServer) => Promise<void>,
  close: (server: HttpServer) => Promise<unknown> = (server) => server.close(),
): Promise<void> {
  await withTaskGroup(async (group) => {
    const server = await group.startService<HttpServer>("server", (ready) =>
      t.host("server").run(async () => {
        const opened = await serve(handler, { port: PORT });
        ready(opened);
        try {
          await sleep(Infinity);
        } finally {
          await close(opened);
        }
      }),
    );
    await t.host("client").run(() => body(server));
  });
}

const shop = { baseUrl: "http://server" };

/** A stock that is looked at, and written back after a wait, as in a handler that asks a database. */
function stock(isChecked: boolean): (t: Simulation) => Promise<void> {
  return async (t) => {
    let left = 5;
    const handler: Handler = async () => {
      for (;;) {
        const seen = left;
        await sleep(1);
        if (isChecked && left !== seen) continue;
        left = seen - 1;
        return { left };
      }
    };
    await against(t, handler, async () => {
      await using http = new HttpClient(shop);
      await withTaskGroup((group) => {
        group.spawn("early", async () => {
          await http.post("/take").json();
        });
        group.spawn("late", async () => {
          await sleep(3);
          await http.post("/take").json();
        });
      });
    });
    assert.equal(left, 3);
  };
}

/** A payment that is sent again when its answer is lost; with `key` the server knows it again. */
function payment(key: boolean): (t: Simulation) => Promise<void> {
  return async (t) => {
    const paid: string[] = [];
    const known = new Set<string>();
    const handler: Handler = async (request) => {
      const id = request.headers.get("idempotency-key");
      const amount = await request.text();
      if (id === null || !known.has(id)) paid.push(amount);
      if (id !== null) known.add(id);
      return "paid";
    };
    await against(t, handler, async () => {
      const retried = { attempts: 5, methods: ["POST"], initialMs: 10 };
      await using http = new HttpClient({ ...shop, middleware: [retryRequests(retried)] });
      const options: RequestOptions = {
        body: "10",
        ...(key ? { headers: { "idempotency-key": "p1" } } : {}),
      };
      assert.equal(await http.post("/pay", options).text(), "paid");
    });
    assert.deepEqual(paid, ["10"]);
  };
}

/** A server that is closed, with or without the time for what it has begun. */
function shutDown(isPatient: boolean): (t: Simulation) => Promise<void> {
  return async (t) => {
    const answered: number[] = [];
    let accepted = 0;
    const handler: Handler = async () => {
      accepted++;
      await sleep(5);
      return "done";
    };
    const close = (server: HttpServer): Promise<unknown> =>
      server.close({ drainMs: isPatient ? 30_000 : 4 });
    await against(
      t,
      handler,
      async (server) => {
        await using http = new HttpClient(shop);
        await withTaskGroup((group) => {
          group.spawn("caller", async () => {
            try {
              answered.push((await http.post("/job")).status);
            } catch (error) {
              if (brandOf(error) !== "TSY_HTTP_REQUEST_FAILED") throw error;
            }
          });
          group.spawn("operator", async () => {
            await sleep(8);
            await t.host("server").run(() => close(server));
          });
        });
      },
      close,
    );
    assert.deepEqual(
      answered,
      Array.from({ length: accepted }, () => 200),
    );
  };
}

/** Lines of a feed, read from the chunks that happen to come, or as lines. */
function feed(byLine: boolean): (t: Simulation) => Promise<void> {
  return async (t) => {
    const handler: Handler = async function* () {
      for (const line of ["one\n", "two\n", "three\n"]) {
        yield line;
        await sleep(20);
      }
    };
    const got: string[] = [];
    await against(t, handler, async () => {
      await using http = new HttpClient(shop);
      await using response = await http.get("/feed");
      if (byLine) for await (const line of response.lines()) got.push(line);
      else for await (const chunk of response.body) got.push(new TextDecoder().decode(chunk).trim());
    });
    assert.deepEqual(got, ["one", "two", "three"]);
  };
}

describe("A program that is wrong about HTTP", () => {
  it("writes back what it has seen before a wait: found as a lost update between two requests", async () => {
    const failure = await failureOf(runs, stock(false));
    assert.equal(failure.kind, "error");
    assert.ok(failure.tape.deviations.length <= 2, failure.message);
    assert.match(failure.message, /4 !== 3/);
    await explore({ runs: 40 }, stock(true));
  });

  it("sends a payment again whose answer was lost: found, and shrunk to one reset", async () => {
    const faults = { network: { reset: true } };
    const failure = await failureOf({ ...runs, faults }, payment(false));
    assert.equal(failure.tape.deviations.length, 1);
    assert.match(failure.message, /except step \d+: the connection .* is reset/);
    await explore({ runs: 40, faults }, payment(true));
  });

  it("is closed without the time for what it has begun: found as a request that came to nothing", async () => {
    const failure = await failureOf(runs, shutDown(false));
    assert.equal(failure.kind, "error");
    assert.ok(failure.tape.deviations.length <= 3, failure.message);
    await explore({ runs: 40 }, shutDown(true));
  });

  it("takes a chunk for a line: found without any fault, in one choice", async () => {
    const failure = await failureOf(runs, feed(false));
    assert.equal(failure.tape.deviations.length, 1);
    assert.match(failure.message, /server:80 > client delivers \d+ bytes as \d+ and \d+/);
    await explore({ runs: 40 }, feed(true));
  });
});
