/**
 * What every network keeps to: the platform's, the one in memory, and the simulated one.
 *
 * A network is tested through a world: two machines of it (perhaps the same one), and how to run a test there.
 */
import { describe, it } from "node:test";
import { connectionLaws } from "./connection-laws.ts";
import { datagramLaws } from "./datagram-laws.ts";
import { listenLaws } from "./listen-laws.ts";
import { tlsLaws } from "./tls-laws.ts";
import type { NetworkWorld, WorldRunner } from "./world.ts";

/** Declares the laws for one network. */
export function networkSuite(name: string, run: WorldRunner): void {
  const law = (title: string, body: (world: NetworkWorld) => Promise<void>): void => {
    it(title, () => run(body));
  };
  describe(`${name}: connections`, () => connectionLaws(law));
  describe(`${name}: listening`, () => listenLaws(law));
  describe(`${name}: datagrams`, () => datagramLaws(law));
  describe(`${name}: TLS`, () => tlsLaws(law));
}
