import { MemoryNetwork, simulate, testCertificate, virtual } from "../../../src/testing.ts";
import { networkSuite } from "../../io/net/suite/network-suite.ts";
import type { NetworkWorld } from "../../io/net/suite/world.ts";

function world(): NetworkWorld {
  const network = new MemoryNetwork();
  const certificate = testCertificate("localhost");
  return {
    server: network,
    client: network,
    address: "127.0.0.1",
    path: "/run/suite.sock",
    tls: { server: certificate, client: { ca: certificate.certificate } },
  };
}

networkSuite("a network in memory", (body) => body(world()));
networkSuite("a network in memory under virtual time", (body) => virtual(() => body(world()))());
networkSuite("a network in memory in a simulation", (body) =>
  simulate({ runs: 5 }, () => body(world()))(),
);
