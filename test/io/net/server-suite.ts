/**
 * What connections and servers promise, on any network: the cases of asyncio's streams and servers that have a meaning here, and those
 * that structure adds. One suite, run on the platform's network, in memory, and on the simulated one.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  all,
  Cancelled,
  ContextVar,
  Event,
  Future,
  map,
  sleep,
  withCancelScope,
  withTaskGroup,
} from "../../../src/index.ts";
import {
  AddressInUse,
  connect,
  ConnectionRefused,
  ConnectionReset,
  listen,
  StreamClosed,
  UnexpectedEnd,
  type ByteStream,
  type ListenAddress,
  type ListenOptions,
  type Server,
} from "../../../src/io.ts";
import { logTexts } from "../../log-texts.ts";

/** A network to run the suite on. */
export interface NetworkUnderTest {
  readonly name: string;
  /** Makes a test of a body that uses sockets. */
  readonly test: (body: () => Promise<void>) => () => Promise<void>;
  /** More bytes than all its buffers hold; a multiple of 8. */
  readonly floodBytes: number;
}

const at: ListenAddress = { host: "127.0.0.1", port: 0 };
const serve = (handler: (stream: ByteStream) => unknown, options?: ListenOptions): Promise<Server> =>
  listen(at, handler, options);

async function echo(stream: ByteStream): Promise<void> {
  for await (const chunk of stream) await stream.write(chunk);
}

/** Sends nothing, and takes nothing, until it is cancelled. */
async function hold(stream: ByteStream): Promise<void> {
  await stream.write("held\n");
  await sleep(Infinity);
}

type Law = (what: string, body: () => Promise<void>) => void;

export function serverSuite({ name, test, floodBytes }: NetworkUnderTest): void {
  const law: Law = (what, body) => {
    it(what, test(body));
  };
  describeConnections(name, law, floodBytes);
  describeServers(name, law);
}

function describeConnections(name: string, law: Law, floodBytes: number): void {
  describe(`A connection on ${name}`, () => {
    law("carries bytes in both directions", async () => {
      await using server = await serve(echo);
      await using stream = await connect(server.address);
      await stream.write("hello ");
      await stream.write("world");
      await stream.end();
      assert.equal(await stream.readText(), "hello world");
    });

    law("says who is at its ends", async () => {
      const seen = new Future<[unknown, unknown]>();
      await using server = await serve((stream) => {
        seen.resolve([stream.local, stream.remote]);
      });
      await using stream = await connect(server.address);
      const [local, remote] = await seen.wait();
      assert.deepEqual(stream.remote, local);
      assert.deepEqual(stream.local, remote);
      assert.equal(stream.tls, null);
      assert.ok(server.port > 0);
    });

    law("is refused where nobody listens", async () => {
      const server = await serve(echo);
      const { address } = server;
      await server.close();
      await assert.rejects(connect(address), ConnectionRefused);
    });

    law("ends in one direction while the other goes on", async () => {
      await using server = await serve(async (stream) => {
        const all = await stream.readText();
        for (const letter of all) await stream.write(letter);
      });
      await using stream = await connect(server.address);
      await stream.write("question");
      await stream.end();
      assert.equal(await stream.readText(), "question");
      await assert.rejects(stream.write("?"), StreamClosed);
    });

    law("shows a reset as one, not as the end of the data", async () => {
      await using server = await serve(async (stream) => {
        await stream.readLine();
        stream.abort();
      });
      await using stream = await connect(server.address);
      await stream.write("go\n");
      await assert.rejects(stream.readText(), ConnectionReset);
    });

    law("shows the end of data inside of a piece as such", async () => {
      await using server = await serve((stream) => stream.write("abc"));
      await using stream = await connect(server.address);
      await assert.rejects(
        stream.readExactly(4),
        (error) => error instanceof UnexpectedEnd && error.partial.length === 3,
      );
    });

    law("makes a writer wait for a slow reader, and delivers everything in order", async () => {
      const written = new Event();
      await using server = await serve(async (stream) => {
        const block = new Uint8Array(floodBytes / 8);
        for (let i = 0; i < 8; i++) await stream.write(block.fill(i));
        written.set();
      });
      await using stream = await connect(server.address);
      await stream.readExactly(1);
      assert.equal(written.isSet, false);
      let bytes = 1;
      let last = 0;
      for await (const chunk of stream) {
        for (const value of [chunk[0]!, chunk.at(-1)!]) {
          assert.ok(value >= last, "out of order");
          last = value;
        }
        bytes += chunk.length;
      }
      assert.equal(bytes, floodBytes);
    });

    law("lets ten writers wait at once, and wakes them all", async () => {
      await using server = await serve(async (stream) => {
        assert.equal((await stream.readAll()).length, 10 * 400_000);
        await stream.write("done");
      });
      await using stream = await connect(server.address);
      await all(Array.from({ length: 10 }, () => () => stream.write(new Uint8Array(400_000))));
      await stream.end();
      assert.equal(await stream.readText(), "done");
    });

    law("makes a write fail once the peer has reset, and does not hang", async () => {
      await using server = await serve(async (stream) => {
        await stream.readLine();
        stream.abort();
      });
      await using stream = await connect(server.address);
      await stream.write("go\n");
      await assert.rejects(async () => {
        for (;;) {
          await stream.write(new Uint8Array(100_000));
          await sleep(1);
        }
      }, ConnectionReset);
      await assert.rejects(stream.write("more"), ConnectionReset);
    });

    law("can be closed with data unread, and closes twice as once", async () => {
      await using server = await serve((stream) => stream.write("unread"));
      const stream = await connect(server.address);
      await stream.read(1);
      await all([() => stream.close(), () => stream.close()]);
      await stream.close();
      await assert.rejects(stream.read(), StreamClosed);
    });

    law("leaves the bytes in the stream when a read of them is cancelled", async () => {
      const reading = new Event();
      await using server = await serve(async (stream) => {
        await stream.write("abc");
        await stream.readLine();
        await stream.write("def");
      });
      await using stream = await connect(server.address);
      await withCancelScope(async (scope) => {
        await withTaskGroup((group) => {
          group.spawn(async () => {
            reading.set();
            await stream.readExactly(6);
          });
          group.spawn(async () => {
            await reading.wait();
            await stream.write("on\n");
            scope.cancel();
          });
        });
      });
      assert.equal(new TextDecoder().decode(await stream.readExactly(6)), "abcdef");
    });
  });
}

function describeServers(name: string, law: Law): void {
  describe(`A server on ${name}`, () => {
    law("serves many connections at the same time, each in a task", async () => {
      let most = 0;
      await using server = await serve(async (stream) => {
        most = Math.max(most, server.stats().connections);
        await echo(stream);
      });
      const answers = await map(
        Array.from({ length: 20 }, (_, i) => i),
        async (i) => {
          await using stream = await connect(server.address);
          await stream.write(`client ${i}`);
          await stream.end();
          return await stream.readText();
        },
        { concurrency: 10 },
      );
      assert.deepEqual(
        answers,
        Array.from({ length: 20 }, (_, i) => `client ${i}`),
      );
      assert.ok(most > 1);
      assert.equal(server.stats().accepted, 20);
    });

    law("closes the stream when its handler returns, and cuts it when it throws", async () => {
      const error = new Error("a bug");
      const seen: unknown[] = [];
      await using server = await serve(
        async (stream) => {
          if ((await stream.readLine()) === "throw") throw error;
          await stream.write("fine");
        },
        { onError: (one) => seen.push(one) },
      );
      await using first = await connect(server.address);
      await first.write("throw\n");
      await assert.rejects(first.readText(), ConnectionReset);
      await using second = await connect(server.address);
      await second.write("return\n");
      assert.equal(await second.readText(), "fine");
      assert.deepEqual(seen, [error]);
      assert.equal(server.stats().failed, 1);
    });

    law("goes on after a handler has thrown, and says what it threw", async () => {
      const texts = await logTexts(async () => {
        await using server = await serve(async (stream) => {
          await stream.readLine();
          throw new TypeError("not a number");
        });
        for (let i = 0; i < 2; i++) {
          await using stream = await connect(server.address);
          await stream.write("go\n");
          await assert.rejects(stream.read(), ConnectionReset);
        }
      });
      assert.equal(texts.length, 2);
      assert.match(texts[0]!, /TSY_HANDLER_FAILED.*127\.0\.0\.1[^]*not a number/);
    });

    law("takes what peers bring about as it comes", async () => {
      const texts = await logTexts(async () => {
        await using server = await serve(async (stream) => {
          await stream.readExactly(100);
        });
        await using early = await connect(server.address);
        await early.write("abc");
        await early.end();
        await assert.rejects(early.read(), ConnectionReset);
        const gone = await connect(server.address);
        await gone.write("abc");
        gone.abort();
        await gone.close();
        await server.close();
        assert.equal(server.stats().failed, 2);
      });
      assert.deepEqual(texts, []);
    });

    law("resets connections beyond its cap, and serves again when one has ended", async () => {
      await using server = await serve(hold, { maxConnections: 2, drainMs: 0 });
      const open = async (): Promise<ByteStream> => {
        const stream = await connect(server.address);
        assert.equal(await stream.readLine(), "held");
        return stream;
      };
      const first = await open();
      await using second = await open();
      await assert.rejects(async () => {
        await using third = await connect(server.address);
        await third.readExactly(1);
      }, ConnectionReset);
      assert.deepEqual(
        [server.stats().connections, server.stats().refused, server.stats().accepted],
        [2, 1, 2],
      );
      await first.close();
      assert.ok(second);
    });

    law("serves nobody under a cap of 0", async () => {
      await using server = await serve(hold, { maxConnections: 0 });
      await assert.rejects(async () => {
        await using stream = await connect(server.address);
        await stream.readExactly(1);
      }, ConnectionReset);
    });

    law("runs handlers in the context of the caller, not in its cancellation", async () => {
      const tenant = new ContextVar<string>("tenant");
      let server: Server | undefined;
      await withCancelScope(async (scope) => {
        server = await tenant.run("blue", () => serve((stream) => stream.write(tenant.get())));
        scope.cancel();
      });
      await using running = server!;
      await using stream = await connect(running.address);
      assert.equal(await stream.readText(), "blue");
    });

    law("lets connections end by themselves when it is closed, and accepts no more", async () => {
      const closing = new Event();
      await using server = await serve(async (stream) => {
        await stream.write("ready\n");
        await closing.wait();
        await stream.write("done\n");
      });
      const { address } = server;
      await using stream = await connect(address);
      assert.equal(await stream.readLine(), "ready");
      await withTaskGroup((group) => {
        group.spawn(() => server.close());
        group.spawn(async () => {
          await sleep(1);
          closing.set();
          assert.equal(await stream.readLine(), "done");
          assert.equal(await stream.readLine(), null);
        });
      });
      await server.closed();
      await assert.rejects(connect(address), ConnectionRefused);
    });

    law("cancels the connections that are left when the drain is over, and waits for them", async () => {
      const endings: unknown[] = [];
      const server = await serve(async (stream) => {
        try {
          await hold(stream);
        } catch (error) {
          endings.push(error);
          throw error;
        }
      });
      await using stream = await connect(server.address);
      assert.equal(await stream.readLine(), "held");
      await server.close({ drainMs: 0 });
      assert.equal(endings.length, 1);
      assert.ok(endings[0] instanceof Cancelled);
      assert.equal(server.stats().connections, 0);
      assert.equal(await stream.read(), null);
    });

    law("is closed in the shorter of the times of two calls", async () => {
      await using server = await serve(async (stream) => {
        await stream.write("held\n");
        await hold(stream);
      });
      await using stream = await connect(server.address);
      assert.equal(await stream.readLine(), "held");
      await all([() => server.close({ drainMs: 60_000 }), () => server.close({ drainMs: 0 })]);
      assert.equal(server.stats().connections, 0);
    });

    law("can be closed by one of its connections, which does not wait for itself", async () => {
      const server: Server = await serve(async (stream) => {
        await stream.readLine();
        await server.close();
        await stream.write("closing");
      });
      await using stream = await connect(server.address);
      await stream.write("quit\n");
      assert.equal(await stream.readText(), "closing");
      await server.closed();
    });

    law("is closed in a cancelled scope too, with no connection left", async () => {
      let server: Server | undefined;
      await withCancelScope(async (scope) => {
        await using opened = await serve(hold, { drainMs: 0 });
        server = opened;
        await using stream = await connect(opened.address);
        assert.equal(await stream.readLine(), "held");
        scope.cancel();
        await sleep(1);
      });
      await server!.closed();
      assert.equal(server!.stats().connections, 0);
    });

    law("listens no more when the call was cancelled while it began", async () => {
      await withCancelScope(async (scope) => {
        scope.cancel();
        await assert.rejects(serve(echo), Cancelled);
      });
    });

    law("refuses an address at which somebody listens", async () => {
      await using server = await serve(echo);
      const address = { host: "127.0.0.1", port: server.port };
      await assert.rejects(listen(address, echo), AddressInUse);
    });

    law("can listen at an address again at once when a server there has been closed", async () => {
      const first = await serve(echo);
      const address = { host: "127.0.0.1", port: first.port };
      await using stream = await connect(first.address);
      await stream.write("x");
      await stream.readExactly(1);
      await first.close({ drainMs: 0 });
      await using second = await listen(address, echo);
      await using again = await connect(second.address);
      await again.end();
      assert.equal(await again.readText(), "");
    });
  });
}
