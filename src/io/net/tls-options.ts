/** Certificates and keys, in PEM or (where bytes are allowed) DER. Several certificates stand one after the other. */
export type Pem = string | Uint8Array;

/** What both ends of a TLS connection can set. */
export interface TlsOptions {
  /** Authorities to trust in place of the platform's. */
  readonly ca?: Pem | readonly Pem[];
  /** Our certificate chain, and the key of its first certificate. A client shows it when the server asks. */
  readonly certificate?: Pem;
  readonly key?: Pem;
  /** The passphrase of an encrypted key. */
  readonly passphrase?: string;
  /** Protocols to agree on, the preferred one first: `["h2", "http/1.1"]`. */
  readonly alpnProtocols?: readonly string[];
  /** The lowest version to accept. Default TLSv1.2. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** How long the handshake may take, in milliseconds. Default 10,000. */
  readonly handshakeMs?: number;
}

export interface TlsClientOptions extends TlsOptions {
  /** The name to ask for by SNI, which the certificate must bear. Default: the host that is connected to. */
  readonly serverName?: string;
  /** Whether a certificate that no authority vouches for, or of another name, ends the connection. Default true. */
  readonly verify?: boolean;
}

export interface TlsServerOptions extends TlsOptions {
  readonly certificate: Pem;
  readonly key: Pem;
  /** Whether clients are asked for a certificate: `"request"` lets those without a trusted one in, `"require"` does not. Default no. */
  readonly clientCertificate?: "request" | "require";
  /** Certificates for other names than that of `certificate`, by the name in SNI; `*.example.com` stands for one label. */
  readonly serverNames?: Readonly<Record<string, { readonly certificate: Pem; readonly key: Pem }>>;
}
