/** What the platforms' words for a failed handshake mean. OpenSSL's own are made for those who debug OpenSSL. */
import { reasonOf, systemCodeOf } from "../errors.ts";

const reasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is signed by itself, and is not among the trusted ones",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the certificate chain ends in one that is signed by itself and is not among the trusted ones",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "no trusted authority has signed the certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "no trusted authority has signed the certificate",
  UNABLE_TO_GET_ISSUER_CERT: "no trusted authority has signed the certificate",
  CERT_HAS_EXPIRED: "the certificate has expired",
  CERT_NOT_YET_VALID: "the certificate is not valid yet",
  ERR_SSL_WRONG_VERSION_NUMBER: "the peer speaks no TLS, or none of our versions",
  ERR_SSL_HTTP_REQUEST: "the peer speaks no TLS but HTTP",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "the two have no ALPN protocol in common",
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: "the two have no ALPN protocol in common",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "the two have no version of TLS in common",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "the two have no version of TLS in common",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "the client showed no certificate",
  ECONNRESET: "the peer closed the connection during the handshake",
};

export function tlsReason(error: unknown): string {
  const code = systemCodeOf(error);
  const known = code === null ? undefined : reasons[code];
  if (known !== undefined) return `${known} (${code})`;
  return openSslReason(reasonOf(error));
}

/** `...:error:0A000416:SSL routines:place:reason:file:line:...` has its reason in the middle. */
function openSslReason(message: string): string {
  const found = /error:[\dA-F]+:[^:]*:[^:]*:([^:\n]+)/i.exec(message)?.[1];
  return (found ?? message).trim().replace(/\.$/, "");
}
