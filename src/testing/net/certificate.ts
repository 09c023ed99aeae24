/**
 * Certificates of a network in memory: text that says what a real one would prove.
 *
 * A real certificate cannot be read here, since nothing here knows cryptography. It counts as a good one, so that a program that is
 * configured with its own certificates runs as it is.
 */
import { systemError } from "./system-error.ts";
import type { Pem } from "../../io/net/tls-options.ts";

/** A certificate and its key, for TLS on a network in memory. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** What a test certificate says. */
export interface CertificateClaims {
  readonly names: readonly string[];
  /** The certificate that vouches for it; null where it vouches for itself. */
  readonly issuer: string | null;
  readonly isExpired: boolean;
}

const HEAD = "-----BEGIN TSYNCIO TEST CERTIFICATE-----";
const TAIL = "-----END TSYNCIO TEST CERTIFICATE-----";

/**
 * Makes a certificate for names (`shop.example`, `*.example`), which means something on a `MemoryNetwork` and in a simulation only. It vouches for
 * itself, unless another one issues it; a peer trusts it when it, or its issuer, is in `ca`.
 *
 * @example
 * import { testCertificate } from "tsyncio/testing";
 * const authority = testCertificate("authority");
 * const shop = testCertificate("shop.example", { issuer: authority });
 * console.log(shop.certificate === authority.certificate); // false
 */
export function testCertificate(
  names: string | readonly string[],
  options: { readonly issuer?: TestCertificate; readonly isExpired?: boolean } = {},
): TestCertificate {
  const claims: CertificateClaims = {
    names: typeof names === "string" ? [names] : names,
    issuer: options.issuer?.certificate ?? null,
    isExpired: options.isExpired ?? false,
  };
  const body = JSON.stringify(claims);
  return { certificate: `${HEAD}\n${body}\n${TAIL}\n`, key: `the key of ${claims.names.join(", ")}` };
}

export function textOf(pem: Pem): string {
  return typeof pem === "string" ? pem : new TextDecoder().decode(pem);
}

/** What a test certificate says; null for a real one. */
export function claimsOf(certificate: string): CertificateClaims | null {
  if (!certificate.startsWith(HEAD)) return null;
  return JSON.parse(certificate.slice(HEAD.length, certificate.lastIndexOf(TAIL))) as CertificateClaims;
}

/** Whether a certificate is vouched for by authorities: null if it is, else the platform's error. Without `ca`, no test certificate is. */
export function distrustOf(certificate: string, ca: readonly string[] | null): Error | null {
  const claims = claimsOf(certificate);
  if (claims === null) return null;
  if (claims.isExpired) return systemError("CERT_HAS_EXPIRED", "handshake");
  const isTrusted =
    ca?.some((one) => one.trim() === certificate.trim() || one === claims.issuer) ?? false;
  if (isTrusted) return null;
  return claims.issuer === null
    ? systemError("DEPTH_ZERO_SELF_SIGNED_CERT", "handshake")
    : systemError("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "handshake");
}

/** Whether a certificate is one of `name`'s. A star stands for one label. */
export function isFor(certificate: string, name: string): boolean {
  return claimsOf(certificate)?.names.some((pattern) => matches(pattern, name)) ?? true;
}

export function matches(pattern: string, name: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), name.toLowerCase()];
  if (!wanted.startsWith("*.")) return wanted === given;
  const dot = given.indexOf(".");
  return dot > 0 && given.slice(dot) === wanted.slice(1);
}
