import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Queue, withCancelScope, withTimeout } from "../../../src/index.ts";
import {
  connect,
  ConnectionReset,
  listen,
  startTls,
  startTlsServer,
  StreamClosed,
  TlsFailed,
  type ByteStream,
  type ConnectionHandler,
  type Server,
  type TlsClientOptions,
  type TlsInfo,
  type TlsServerOptions,
} from "../../../src/io.ts";
import { certificateFor } from "../../../src/io/net/tls-names.ts";
import { tlsReason } from "../../../src/io/net/tls-reason.ts";
import { authority, client, clientAuthority, expired, local, shop, wildcard } from "./certificates.ts";

const at = { host: "127.0.0.1", port: 0 };

/** Answers each line in capitals. */
const shout: ConnectionHandler = async (stream) => {
  for await (const line of stream.lines()) await stream.write(`${line.toUpperCase()}\n`);
};

const serve = (tls: TlsServerOptions, handler: ConnectionHandler = shout): Promise<Server> =>
  listen(at, handler, { tls, drainMs: 0 });

const reach = (server: Server, tls: TlsClientOptions = {}): Promise<ByteStream> =>
  connect({ host: "localhost", port: server.port }, { tls: { ca: authority, ...tls } });

async function failureOf(promise: Promise<unknown>): Promise<TlsFailed> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof TlsFailed, String(error));
    return error;
  }
  throw new Error("it did not fail");
}

/** What both ends say of a connection. */
async function infosOf(
  server: TlsServerOptions,
  options: TlsClientOptions,
): Promise<{ readonly ours: TlsInfo; readonly theirs: TlsInfo }> {
  const seen = new Queue<TlsInfo>({ capacity: 1 });
  await using listening = await serve(server, (stream) => seen.put(stream.tls as TlsInfo));
  await using stream = await reach(listening, options);
  return { ours: stream.tls as TlsInfo, theirs: await seen.get() };
}

describe("A TLS connection", () => {
  it("carries bytes in both directions, and knows whom it speaks to", async () => {
    await using server = await serve(local);
    await using stream = await reach(server);
    await stream.write("hello\n");
    assert.equal(await stream.readLine(), "HELLO");
    assert.equal(stream.tls?.isPeerTrusted, true);
    assert.equal(stream.tls?.protocol, "TLSv1.3");
    assert.ok((stream.tls?.peerCertificate?.length ?? 0) > 100);
  });

  it("carries what is larger than all buffers, both ways at once", async () => {
    const bytes = new Uint8Array(3_000_000).map((_, n) => n * 7);
    await using server = await serve(local, async (stream) => {
      for await (const chunk of stream) await stream.write(chunk);
    });
    await using stream = await reach(server);
    const [back] = await Promise.all([
      stream.readExactly(bytes.length),
      stream.write(bytes).then(() => stream.end()),
    ]);
    assert.deepEqual(Buffer.compare(back, bytes), 0);
    assert.equal(await stream.read(), null);
  });

  it("lets an array that was written be changed", async () => {
    await using server = await serve(local, async (stream) => {
      for await (const chunk of stream) await stream.write(chunk);
    });
    await using stream = await reach(server);
    const array = new Uint8Array(1_000);
    for (let n = 0; n < 20; n++) {
      array.fill(n);
      await stream.write(array);
    }
    const back = await stream.readExactly(20_000);
    assert.ok(back.every((byte, place) => byte === Math.floor(place / 1_000)));
  });

  it("closes in halves", async () => {
    await using server = await serve(local, async (stream) => {
      await stream.write(`you said: ${await stream.readText()}`);
    });
    await using stream = await reach(server);
    await stream.write("everything");
    await stream.end();
    assert.equal(await stream.readText(), "you said: everything");
  });

  it("that is closed as soon as it is there has reached the server", async () => {
    const heard = new Queue<number>({ capacity: 1 });
    await using server = await serve(local, async (stream) => heard.put((await stream.readAll()).length));
    await (await reach(server)).close();
    assert.equal(await heard.get(), 0);
  });

  it("agrees by ALPN on what the server prefers, and each end knows", async () => {
    const server = { ...local, alpnProtocols: ["h2", "http/1.1"] };
    const { ours, theirs } = await infosOf(server, { alpnProtocols: ["http/1.1", "h2"] });
    assert.deepEqual([ours.alpnProtocol, theirs.alpnProtocol], ["h2", "h2"]);
    assert.equal(theirs.serverName, "localhost");
    const without = await infosOf(local, { alpnProtocols: ["h2"] });
    assert.deepEqual([without.ours.alpnProtocol, without.theirs.alpnProtocol], [null, null]);
  });

  it("is refused where the two have no protocol in common", async () => {
    await using server = await serve({ ...local, alpnProtocols: ["h2"] });
    const error = await failureOf(reach(server, { alpnProtocols: ["http/1.1"] }));
    assert.match(error.message, /no ALPN protocol in common/);
  });

  it("gets the certificate of the name that it asks for, by wildcard too", async () => {
    const server = { ...local, serverNames: { "shop.test": shop, "*.shop.test": wildcard } };
    await using listening = await serve(server);
    for (const serverName of ["shop.test", "cart.shop.test", "localhost"]) {
      await using stream = await reach(listening, { serverName });
      assert.equal(stream.tls?.isPeerTrusted, true, serverName);
    }
    const error = await failureOf(reach(listening, { serverName: "a.b.shop.test" }));
    assert.equal(error.systemCode, "ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("holds the certificate against an address that was connected to", async () => {
    await using server = await serve(local);
    await using stream = await connect(
      { host: "127.0.0.1", port: server.port },
      { tls: { ca: authority } },
    );
    assert.equal(stream.tls?.isPeerTrusted, true);
    assert.equal(stream.tls?.serverName, null);
    await using other = await serve(shop);
    const error = await failureOf(
      connect({ host: "127.0.0.1", port: other.port }, { tls: { ca: authority } }),
    );
    assert.equal(error.systemCode, "ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("speaks TLS 1.2 where the peer can do no more, and no less than minVersion", async () => {
    await using server = await serve({ ...local, minVersion: "TLSv1.3" });
    await using stream = await reach(server, { minVersion: "TLSv1.3" });
    assert.equal(stream.tls?.protocol, "TLSv1.3");
  });
});

describe("A certificate that is not good", () => {
  it("fails the handshake, and the error says why", async () => {
    const cases: Array<[TlsServerOptions, TlsClientOptions, RegExp]> = [
      [shop, {}, /localhost/],
      [local, { ca: clientAuthority }, /no trusted authority has signed the certificate/],
    ];
    for (const [options, tls, message] of cases) {
      await using server = await serve(options);
      const error = await failureOf(reach(server, tls));
      assert.match(error.message, message);
      assert.match(error.address, /^127\.0\.0\.1:|^\[::1\]:/);
    }
  });

  it("is let pass with verify: false, and is not trusted", async () => {
    await using server = await serve(expired);
    await using stream = await reach(server, { verify: false });
    assert.equal(stream.tls?.isPeerTrusted, false);
    assert.notEqual(stream.tls?.peerCertificate, null);
  });

  it("because it has expired fails the handshake, and the error says so", async () => {
    await using server = await serve(expired);
    const error = await failureOf(reach(server));
    assert.match(error.message, /the certificate has expired \(CERT_HAS_EXPIRED\)/);
  });

  it("because the server cannot read it is refused before it listens", async () => {
    await assert.rejects(
      async () => serve({ certificate: "no certificate", key: "no key" }),
      /TSY_INVALID_ARGUMENT: the TLS options of listen cannot be used/,
    );
  });

  it("because the client cannot read it fails the handshake", async () => {
    await using server = await serve(local);
    const error = await failureOf(reach(server, { certificate: "no certificate", key: "no key" }));
    assert.match(error.message, /^TSY_TLS_FAILED: the TLS handshake with .+ failed: .+/);
  });
});

describe("A client's certificate", () => {
  const asked = { ...local, ca: clientAuthority } as const;

  it("is trusted when an authority of the server has signed it", async () => {
    const { theirs } = await infosOf({ ...asked, clientCertificate: "require" }, client);
    assert.equal(theirs.isPeerTrusted, true);
    assert.notEqual(theirs.peerCertificate, null);
  });

  it("may be missing, or of a stranger, where it is requested", async () => {
    const none = await infosOf({ ...asked, clientCertificate: "request" }, {});
    assert.deepEqual([none.theirs.isPeerTrusted, none.theirs.peerCertificate], [false, null]);
    const strange = await infosOf({ ...asked, clientCertificate: "request" }, shop);
    assert.equal(strange.theirs.isPeerTrusted, false);
    assert.notEqual(strange.theirs.peerCertificate, null);
  });

  it("must be there and good where it is required", async () => {
    let served = 0;
    await using server = await serve({ ...asked, clientCertificate: "require" }, () => void served++);
    for (const identity of [{}, shop]) {
      // With TLS 1.3 the client has done its part before the server has judged: it hears of it when it reads. To a client that has
      // shown a stranger's certificate the platform says nothing but an end.
      const refused = async (): Promise<string> => {
        await using stream = await reach(server, identity);
        return await stream.readText();
      };
      const heard = await refused().catch((error: unknown) => error);
      assert.ok(
        heard === "" || heard instanceof TlsFailed || heard instanceof ConnectionReset,
        String(heard),
      );
    }
    assert.equal(served, 0);
  });

  it("is not asked for by default", async () => {
    const { theirs } = await infosOf(local, client);
    assert.deepEqual([theirs.isPeerTrusted, theirs.peerCertificate], [false, null]);
  });
});

describe("A peer that does not shake hands", () => {
  it("but speaks in clear text fails the client's handshake", async () => {
    await using server = await listen(at, (stream) => stream.write("220 ready\n"));
    const error = await failureOf(reach(server));
    assert.match(error.message, /the peer speaks no TLS, or none of our versions/);
  });

  it("but speaks in clear text fails the server's handshake, and the handler is not called", async () => {
    let served = 0;
    await using server = await serve(local, () => void served++);
    await using stream = await connect({ host: "127.0.0.1", port: server.port });
    await stream.write("GET / HTTP/1.1\r\n\r\n");
    await stream.readAll().catch((error: unknown) => assert.ok(error instanceof ConnectionReset));
    assert.equal(served, 0);
    assert.equal(server.stats().failed, 1);
  });

  it("but ends its data in the middle fails the server's handshake at once", async () => {
    await using server = await serve({ ...local, handshakeMs: Infinity });
    await using stream = await connect({ host: "127.0.0.1", port: server.port });
    // The beginning of a hello.
    await stream.write(new Uint8Array([22, 3, 1, 1, 0]));
    await stream.end();
    await stream.readAll().catch((error: unknown) => assert.ok(error instanceof ConnectionReset));
    assert.equal(server.stats().failed, 1);
  });

  it("but had ended its data before fails the handshake at once", async () => {
    await using server = await listen(at, (stream) => stream.end());
    await using plain = await connect({ host: "127.0.0.1", port: server.port });
    assert.equal(await plain.read(), null);
    await failureOf(startTls(plain, { handshakeMs: Infinity }));
  });

  it("but hangs up fails the handshake", async () => {
    await using server = await listen(at, () => {});
    const error = await failureOf(reach(server));
    assert.match(error.message, /closed the connection|disconnected/);
  });

  it("and says nothing fails the handshake after handshakeMs, on either side", async () => {
    await using silent = await listen(at, (stream) => stream.read().then(() => stream.read()), {
      drainMs: 0,
    });
    const error = await failureOf(reach(silent, { handshakeMs: 1 }));
    assert.match(error.message, /it took longer than 1 ms/);
    await using server = await serve({ ...local, handshakeMs: 1 });
    await using stream = await connect({ host: "127.0.0.1", port: server.port });
    await stream.readAll().catch((reset: unknown) => assert.ok(reset instanceof ConnectionReset));
    assert.equal(server.stats().failed, 1);
  });

  it("leaves the connection closed when the one who waits is cancelled", async () => {
    const events = new Queue<string>({ capacity: 2 });
    await using server = await listen(at, async (stream) => {
      await stream.read();
      await events.put("hello");
      const rest = await stream.readAll().catch((error: unknown) => error);
      await events.put(rest instanceof Uint8Array || rest instanceof ConnectionReset ? "gone" : "broken");
    });
    const outcome = await withCancelScope(async (scope) => {
      const connecting = reach(server);
      assert.equal(await events.get(), "hello");
      scope.cancel("no longer needed");
      await connecting;
    });
    assert.equal(outcome, undefined);
    assert.equal(await events.get(), "gone");
  });
});

describe("A plain stream that becomes a TLS one", () => {
  const upgrading: ConnectionHandler = async (plain) => {
    assert.equal(await plain.readLine(), "STARTTLS");
    await plain.write("go ahead\n");
    await using stream = await startTlsServer(plain, local);
    await shout(stream);
  };

  it("goes on where it was, and the plain one is unusable", async () => {
    await using server = await listen(at, upgrading, { drainMs: 0 });
    const plain = await connect({ host: "127.0.0.1", port: server.port });
    await plain.write("STARTTLS\n");
    assert.equal(await plain.readLine(), "go ahead");
    await using stream = await startTls(plain, { ca: authority, serverName: "localhost" });
    await stream.write("secret\n");
    assert.equal(await stream.readLine(), "SECRET");
    await assert.rejects(plain.write("in clear"), StreamClosed);
    await assert.rejects(plain.read(), StreamClosed);
    await plain.close();
    await stream.write("still there\n");
    assert.equal(await stream.readLine(), "STILL THERE");
  });

  it("gives what came with the last clear bytes to TLS", async () => {
    const went = new Queue<string | null>({ capacity: 1 });
    await using server = await listen(at, async (plain) => {
      await plain.readLine();
      // The client's hello is in the stream's buffer by now, or on its way.
      await plain.readExactly(0);
      await using stream = await startTlsServer(plain, local);
      await went.put(await stream.readLine());
    });
    await using front = await listen(
      at,
      async (incoming) => {
        await using plain = await connect({ host: "127.0.0.1", port: server.port });
        // The line and the hello leave in one piece.
        const hello = await incoming.read();
        await plain.write(new Uint8Array([...new TextEncoder().encode("STARTTLS\n"), ...(hello ?? [])]));
        const back = async (): Promise<void> => {
          for await (const chunk of plain) await incoming.write(chunk);
        };
        const forth = async (): Promise<void> => {
          for await (const chunk of incoming) await plain.write(chunk);
        };
        await Promise.race([back(), forth()]).catch(() => {});
      },
      { drainMs: 0 },
    );
    await using stream = await reach(front);
    await stream.write("through the front\n");
    assert.equal(await went.get(), "through the front");
  });

  it("may be a TLS one already, as through a proxy", async () => {
    const inside = { ...local };
    const proxied: ConnectionHandler = async (outer) => shout(await startTlsServer(outer, inside));
    await using server = await serve(local, proxied);
    await using stream = await startTls(await reach(server), { ca: authority, serverName: "localhost" });
    await stream.write("deep\n");
    assert.equal(await stream.readLine(), "DEEP");
  });

  it("is still there when the call is cancelled before it begins", async () => {
    await using server = await listen(at, shout, { drainMs: 0 });
    await using plain = await connect({ host: "127.0.0.1", port: server.port });
    await assert.rejects(withTimeout(0, () => startTls(plain)));
    await plain.write("still plain\n");
    assert.equal(await plain.readLine(), "STILL PLAIN");
  });
});

describe("The parts of TLS", () => {
  it("choose the certificate of the name itself before that of a wildcard, which stands for one label", () => {
    const choices = new Map([
      ["a.shop.test", "exact"],
      ["*.shop.test", "wildcard"],
    ]);
    const chosen = ["a.shop.test", "A.Shop.Test.", "b.shop.test", "a.b.shop.test", "shop.test", ""];
    const names = chosen.map((name) => certificateFor(choices, name));
    assert.deepEqual(names, ["exact", "exact", "wildcard", undefined, undefined, undefined]);
  });

  it("find the reason in the words of OpenSSL", () => {
    const message =
      "C0BC:error:0A000416:SSL routines:ssl3_read_bytes:some reason:ssl/record.c:1590:SSL alert\n";
    assert.equal(tlsReason(new Error(message)), "some reason");
    assert.equal(tlsReason(new Error("plain words.")), "plain words");
  });
});
