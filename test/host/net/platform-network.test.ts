/** The platform's network keeps the laws that every network keeps. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlatformNetwork } from "../../../src/host/net/platform-network.ts";
import { authority, local } from "../../io/net/certificates.ts";
import { networkSuite } from "../../io/net/suite/network-suite.ts";

networkSuite("the platform's network", async (body) => {
  const network = new PlatformNetwork();
  const folder = mkdtempSync(join(tmpdir(), "tsyncio-network-"));
  try {
    await body({
      server: network,
      client: network,
      address: "127.0.0.1",
      path: join(folder, "suite.sock"),
      tls: { server: local, client: { ca: authority } },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
