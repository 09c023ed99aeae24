/** The certificates of `test/fixtures/tls`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../fixtures/tls");

export const fixture = (name: string): string => join(folder, name);

const read = (name: string): string => readFileSync(fixture(name), "utf8");

export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

const identity = (name: string): Identity => ({
  certificate: read(`${name}.pem`),
  key: read(`${name}.key`),
});

/** Signs all of the servers' certificates. */
export const authority: string = read("authority.pem");
export const clientAuthority: string = read("client-authority.pem");
/** For localhost, 127.0.0.1 and ::1. */
export const local: Identity = identity("local");
export const expired: Identity = identity("expired");
/** For shop.test. */
export const shop: Identity = identity("shop");
/** For *.shop.test. */
export const wildcard: Identity = identity("wildcard");
export const client: Identity = identity("client");
