import assert from "node:assert/strict";
import { ended } from "../../../../src/io/net/network.ts";
import type { TlsClientOptions, TlsServerOptions } from "../../../../src/io/net/tls-options.ts";
import type { Transport } from "../../../../src/io/stream/transport.ts";
import {
  assertSame,
  closeAll,
  CONNECT,
  endpoint,
  LISTEN,
  pattern,
  type Law,
  type NetworkWorld,
  type Pair,
} from "./world.ts";
import { Recorder } from "./recorder.ts";

type Secured = { readonly pair: Pair } | { readonly client: unknown; readonly server: unknown };

/** Connects, and shakes hands at both ends. Gives the pair, or what each end failed with. */
async function secured(
  world: NetworkWorld,
  serverOptions: TlsServerOptions,
  clientOptions: TlsClientOptions,
): Promise<Secured> {
  const atServer = Promise.withResolvers<Recorder>();
  const atClient = Promise.withResolvers<Recorder>();
  const socket = await ended(
    "listen",
    world.server.listen(endpoint(world, 0), LISTEN, {
      connected: (plain) =>
        void world.server.secureServer(
          plain,
          null,
          serverOptions,
        )((transport) => atServer.resolve(new Recorder(transport)), atServer.reject),
      failed: atServer.reject,
      lost: atServer.reject,
    }),
  );
  assert.ok("port" in socket.address);
  const handshake = (plain: Transport): void => {
    world.client.secureClient(
      plain,
      null,
      clientOptions,
    )((transport) => atClient.resolve(new Recorder(transport)), atClient.reject);
  };
  world.client.connect(endpoint(world, socket.address.port), CONNECT)(handshake, atClient.reject);
  const [server, client] = await Promise.all([
    atServer.promise.catch((error: unknown) => error),
    atClient.promise.catch((error: unknown) => error),
  ]);
  const close = (): Promise<void> => new Promise((resolve) => socket.close(resolve));
  if (client instanceof Recorder && server instanceof Recorder)
    return { pair: { client, server, close } };
  for (const end of [client, server]) {
    if (!(end instanceof Recorder)) continue;
    if (!end.isClosed) end.destroy(false);
    await end.untilClosed();
  }
  await close();
  return {
    client: client instanceof Recorder ? client.error : client,
    server: server instanceof Recorder ? server.error : server,
  };
}

export function tlsLaws(law: Law): void {
  law("two ends that agree exchange bytes, and know what they agreed on", async (world) => {
    const { tls } = world;
    if (tls === null) return;
    const result = await secured(
      world,
      { ...tls.server, alpnProtocols: ["h2", "http/1.1"] },
      { ...tls.client, serverName: "localhost", alpnProtocols: ["http/1.1", "h2"] },
    );
    assert.ok("pair" in result, String("client" in result && result.client));
    const { client, server } = result.pair;
    assert.match(client.transport.tls?.protocol ?? "", /^TLSv1\.[23]$/);
    assert.equal(client.transport.tls?.alpnProtocol, "h2");
    assert.equal(server.transport.tls?.alpnProtocol, "h2");
    assert.equal(server.transport.tls?.serverName, "localhost");
    assert.equal(client.transport.tls?.isPeerTrusted, true);
    assert.equal(server.transport.tls?.isPeerTrusted, false);
    const data = pattern(200_000);
    client.write(data);
    await server.until(() => server.length >= data.length);
    assertSame(server.bytes, data);
    server.write("answer");
    await client.until(() => client.text === "answer");
    await closeAll(result.pair);
  });

  law("the end of data goes through, and both ends close", async (world) => {
    const { tls } = world;
    if (tls === null) return;
    const result = await secured(world, tls.server, { ...tls.client, serverName: "localhost" });
    assert.ok("pair" in result);
    const { client, server, close } = result.pair;
    client.write("question");
    client.end();
    await server.until(() => server.has("ended"));
    assert.equal(server.text, "question");
    server.write("answer");
    server.end();
    await Promise.all([client.untilClosed(), server.untilClosed()]);
    assert.equal(client.text, "answer");
    assert.equal(client.error, null);
    await close();
  });

  law("a certificate that nobody vouches for, or of another name, ends the handshake", async (world) => {
    const { tls } = world;
    if (tls === null) return;
    const { ca: _, ...untrusting } = tls.client;
    const distrusted = await secured(world, tls.server, { ...untrusting, serverName: "localhost" });
    assert.ok("client" in distrusted);
    assert.ok(distrusted.client instanceof Error);
    const wrong = await secured(world, tls.server, { ...tls.client, serverName: "other.example" });
    assert.ok("client" in wrong);
    assert.equal((wrong.client as { code?: unknown }).code, "ERR_TLS_CERT_ALTNAME_INVALID");
  });

  law("a client that does not verify gets through, and is told so", async (world) => {
    const { tls } = world;
    if (tls === null) return;
    const result = await secured(world, tls.server, { verify: false, serverName: "localhost" });
    assert.ok("pair" in result);
    assert.equal(result.pair.client.transport.tls?.isPeerTrusted, false);
    assert.ok((result.pair.client.transport.tls?.peerCertificate?.length ?? 0) > 0);
    await closeAll(result.pair);
  });

  law("a server that requires a certificate lets no client in without one", async (world) => {
    const { tls } = world;
    if (tls === null) return;
    const strict = { ...tls.server, clientCertificate: "require" } as const;
    const result = await secured(world, strict, { ...tls.client, serverName: "localhost" });
    assert.ok("server" in result);
    assert.ok(result.server instanceof Error);
  });
}
