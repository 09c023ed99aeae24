/** What the network in memory offers besides what every network keeps to. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgument, sleep, withTaskGroup } from "../../../src/index.ts";
import {
  connect,
  listen,
  TlsFailed,
  UnknownHost,
  withNetwork,
  type ByteStream,
  type TlsClientOptions,
  type TlsInfo,
  type TlsServerOptions,
} from "../../../src/io.ts";
import {
  assertNothingAlive,
  MemoryNetwork,
  memoryPipe,
  simulate,
  testCertificate,
  virtual,
} from "../../../src/testing.ts";

/** Runs `body` in real time, under virtual time, and under some schedules. */
function law(title: string, body: () => Promise<void>): void {
  it(title, async () => {
    await body();
    await virtual(body)();
    await simulate({ runs: 10 }, body)();
  });
}

const onMemory = (body: () => Promise<void>): (() => Promise<void>) => {
  return () => withNetwork(new MemoryNetwork({ names: { "Gone.example": [] } }), body);
};

describe("memoryPipe", () => {
  law("what is written to one end is read from the other, both ways, to the end", async () => {
    const [left, right] = memoryPipe();
    await left.write("question\n");
    await right.write("answer\n");
    assert.equal(await right.readLine(), "question");
    assert.equal(await left.readLine(), "answer");
    await left.end();
    assert.equal(await right.readLine(), null);
    await Promise.all([left.close(), right.close()]);
  });

  law("a writer waits for its reader when the window is full", async () => {
    const [left, right] = memoryPipe(1_000);
    let written = 0;
    await withTaskGroup(async (group) => {
      group.spawn("writer", async () => {
        for (let n = 0; n < 200_000 / 1_000; n++) {
          await left.write(new Uint8Array(1_000));
          written += 1_000;
        }
        await left.end();
      });
      await right.readExactly(1);
      assert.ok(written < 200_000, "the writer did not wait");
      assert.equal((await right.readAll()).length, 199_999);
    });
    await Promise.all([left.close(), right.close()]);
  });
});

describe("MemoryNetwork", () => {
  law(
    "has every host name, in upper and lower case; one can be made unknown",
    onMemory(async () => {
      await using _ = await listen({ host: "Shop.example", port: 80 }, (stream) => stream.write("hi"));
      await using stream = await connect({ host: "shop.EXAMPLE", port: 80 });
      assert.equal(await stream.readText(), "hi");
      await assert.rejects(connect({ host: "gone.example", port: 80 }), UnknownHost);
      await assert.rejects(connect({ host: "any.invalid", port: 80 }), UnknownHost);
    }),
  );

  law(
    "two of them know nothing of each other",
    onMemory(async () => {
      await using _ = await listen({ host: "shop", port: 80 }, (stream) => stream.write("one"));
      await withNetwork(new MemoryNetwork(), async () => {
        await using _other = await listen({ host: "shop", port: 80 }, (stream) => stream.write("two"));
        await using stream = await connect({ host: "shop", port: 80 });
        assert.equal(await stream.readText(), "two");
      });
      await using stream = await connect({ host: "shop", port: 80 });
      assert.equal(await stream.readText(), "one");
    }),
  );

  it("refuses options that make no sense", () => {
    assert.throws(() => new MemoryNetwork({ names: { shop: ["not an address"] } }), InvalidArgument);
    assert.throws(() => new MemoryNetwork({ names: { shop: "10.0.0.1" as never } }), InvalidArgument);
    assert.throws(() => new MemoryNetwork({ windowBytes: 0 }), InvalidArgument);
  });

  it(
    "leaves nothing alive",
    virtual(
      onMemory(async () => {
        const server = await listen({ host: "shop", port: 80 }, async (stream) => {
          await stream.write("x");
          await stream.read();
        });
        const stream = await connect({ host: "shop", port: 80 });
        await stream.read();
        stream.abort();
        await stream.close();
        await server.close();
        assertNothingAlive();
      }),
    ),
  );
});

/** What client and server agreed on, or what each failed with. */
async function handshake(
  server: TlsServerOptions,
  client: TlsClientOptions,
): Promise<{ client: unknown; server: TlsInfo | null }> {
  const atServer: Array<TlsInfo | null> = [];
  const handler = async (stream: ByteStream): Promise<void> => {
    atServer.push(stream.tls);
    await stream.write("x");
  };
  await using _ = await listen({ host: "shop.example", port: 443 }, handler, { tls: server });
  try {
    await using stream = await connect({ host: "shop.example", port: 443 }, { tls: client });
    await stream.readAll();
    return { client: stream.tls, server: atServer[0] ?? null };
  } catch (error) {
    return { client: error, server: atServer[0] ?? null };
  }
}

const authority = testCertificate("an authority");
const shop = testCertificate(["shop.example", "*.shop.example"], { issuer: authority });
const other = testCertificate("other.example", { issuer: authority });
const expired = testCertificate("shop.example", { issuer: authority, isExpired: true });
const visitor = testCertificate("a visitor", { issuer: authority });
const ca = authority.certificate;

const failsWith = (error: unknown, code: string): void => {
  assert.ok(error instanceof TlsFailed, String(error));
  assert.equal(error.systemCode, code);
};

describe("TLS on a network in memory", () => {
  law(
    "a client trusts what its authorities vouch for, and fails for everything else",
    onMemory(async () => {
      const good = await handshake(shop, { ca });
      assert.equal((good.client as TlsInfo).serverName, "shop.example");
      assert.equal((good.client as TlsInfo).isPeerTrusted, true);
      failsWith((await handshake(shop, {})).client, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
      failsWith((await handshake(authority, {})).client, "DEPTH_ZERO_SELF_SIGNED_CERT");
      failsWith((await handshake(other, { ca })).client, "ERR_TLS_CERT_ALTNAME_INVALID");
      failsWith((await handshake(expired, { ca })).client, "CERT_HAS_EXPIRED");
    }),
  );

  law(
    "a server shows the certificate for the name that it is asked for",
    onMemory(async () => {
      const options = { ...other, serverNames: { "shop.example": shop } };
      assert.equal(((await handshake(options, { ca })).client as TlsInfo).isPeerTrusted, true);
      failsWith(
        (await handshake(options, { ca, serverName: "x.example" })).client,
        "ERR_TLS_CERT_ALTNAME_INVALID",
      );
    }),
  );

  law(
    "a server that asks for certificates knows its clients; one that requires them refuses the others",
    onMemory(async () => {
      const asking = { ...shop, ca, clientCertificate: "request" } as const;
      assert.equal((await handshake(asking, { ca, ...visitor })).server?.isPeerTrusted, true);
      assert.equal((await handshake(asking, { ca })).server?.isPeerTrusted, false);
      const strict = { ...asking, clientCertificate: "require" } as const;
      assert.equal((await handshake(strict, { ca, ...visitor })).server?.isPeerTrusted, true);
      assert.ok((await handshake(strict, { ca })).client instanceof TlsFailed);
      assert.ok(
        (await handshake(strict, { ca, ...testCertificate("a stranger") })).client instanceof TlsFailed,
      );
    }),
  );

  law(
    "two ends with no protocol or version in common fail",
    onMemory(async () => {
      const h2 = { ...shop, alpnProtocols: ["h2"] };
      assert.equal(
        ((await handshake(h2, { ca, alpnProtocols: ["http/1.1", "h2"] })).client as TlsInfo).alpnProtocol,
        "h2",
      );
      assert.ok((await handshake(h2, { ca, alpnProtocols: ["http/1.1"] })).client instanceof TlsFailed);
    }),
  );

  law(
    "a peer that speaks no TLS fails the handshake",
    onMemory(async () => {
      await using _ = await listen(
        { host: "plain", port: 443 },
        async (stream) => {
          await stream.write("220 no TLS here\r\n");
          await sleep(Infinity);
        },
        { drainMs: 0 },
      );
      await assert.rejects(connect({ host: "plain", port: 443 }, { tls: { ca } }), TlsFailed);
    }),
  );
});
