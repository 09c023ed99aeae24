import { currentNetwork } from "../../../src/io/net/network.ts";
import { simulate, testCertificate, virtual } from "../../../src/testing.ts";
import { networkSuite } from "../../io/net/suite/network-suite.ts";
import type { NetworkWorld } from "../../io/net/suite/world.ts";

function world(): NetworkWorld {
  const certificate = testCertificate("localhost");
  const network = currentNetwork();
  return {
    server: network,
    client: network,
    address: "127.0.0.1",
    path: "/run/suite.sock",
    tls: { server: certificate, client: { ca: certificate.certificate } },
  };
}

networkSuite("the network of virtual time", (body) => virtual(() => body(world()))());
networkSuite("one simulated host", (body) => simulate({ runs: 5 }, () => body(world()))());
networkSuite("two simulated hosts", (body) =>
  simulate({ runs: 5 }, async (t) => {
    const [one, other] = [t.host("one"), t.host("other")];
    const server = await one.run(() => ({ network: currentNetwork() }));
    await other.run(() => body({ ...world(), server: server.network, address: "10.0.0.2", path: null }));
  })(),
);
