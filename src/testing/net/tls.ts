/**
 * TLS without cryptography: the two ends tell each other, in the clear, what a real handshake would agree on or prove.
 *
 * The client says hello (protocols, versions, name, its certificate); the server answers with what it chose, or why not; the client says
 * whether it trusts that. A failure reaches both ends, as an alert does. After the handshake bytes go through as they are.
 */
import type { Engine } from "../../kernel/engine.ts";
import type { Begin } from "../../io/net/network.ts";
import type { Pem, TlsClientOptions, TlsOptions, TlsServerOptions } from "../../io/net/tls-options.ts";
import type { TlsInfo, Transport } from "../../io/stream/transport.ts";
import { claimsOf, distrustOf, isFor, matches, textOf } from "./certificate.ts";
import { SecureTransport } from "./secure-transport.ts";
import { systemError } from "./system-error.ts";

interface ClientHello {
  readonly alpn: readonly string[];
  readonly versions: readonly string[];
  readonly serverName: string | null;
  readonly certificate: string | null;
}

/** `alert` is the code with which the client fails. */
interface ServerHello {
  readonly alert: string | null;
  readonly protocol: string;
  readonly alpn: string | null;
  readonly certificate: string;
}

interface ClientFinish {
  readonly alert: string | null;
}

const VERSIONS = ["TLSv1.2", "TLSv1.3"];

export function beginClient(
  engine: Engine,
  plain: Transport,
  unread: Uint8Array | null,
  options: TlsClientOptions,
): Begin<Transport> {
  return (done, failed) => {
    const secure = new SecureTransport(engine, plain, unread, { done, failed });
    const serverName = options.serverName ?? null;
    const hello: ClientHello = {
      alpn: options.alpnProtocols ?? [],
      versions: versionsOf(options),
      serverName,
      certificate: options.certificate === undefined ? null : textOf(options.certificate),
    };
    secure.tell(hello);
    secure.hear((message) => {
      const answer = message as ServerHello;
      if (answer.alert !== null) return secure.fail(systemError(answer.alert, "handshake"));
      const distrust = distrustOf(answer.certificate, authoritiesIn(options));
      const wrong = distrust ?? wrongName(answer.certificate, serverName);
      const failure = options.verify === false ? null : wrong;
      const finish: ClientFinish = { alert: failure === null ? null : "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA" };
      secure.tell(finish);
      if (failure !== null) return secure.fail(failure);
      secure.agree(
        infoOf(answer.protocol, answer.alpn, serverName, {
          certificate: answer.certificate,
          isTrusted: wrong === null,
        }),
      );
    });
    return () => secure.callOff();
  };
}

export function beginServer(
  engine: Engine,
  plain: Transport,
  unread: Uint8Array | null,
  options: TlsServerOptions,
): Begin<Transport> {
  return (done, failed) => {
    const secure = new SecureTransport(engine, plain, unread, { done, failed });
    secure.hear((message) => {
      const hello = message as ClientHello;
      const { answer, failure, isTrusted } = answerTo(hello, options);
      secure.tell(answer);
      if (failure !== null) return secure.fail(failure);
      secure.hear((last) => {
        const { alert } = last as ClientFinish;
        if (alert !== null) return secure.fail(systemError(alert, "handshake"));
        const peer = {
          certificate: options.clientCertificate === undefined ? null : hello.certificate,
          isTrusted,
        };
        secure.agree(infoOf(answer.protocol, answer.alpn, hello.serverName, peer));
      });
    });
    return () => secure.callOff();
  };
}

interface Answer {
  readonly answer: ServerHello;
  /** With what the server fails; null where it does not. */
  readonly failure: Error | null;
  /** Whether the client has shown a certificate that is trusted. */
  readonly isTrusted: boolean;
}

/** What a server says to a client's hello. */
function answerTo(hello: ClientHello, options: TlsServerOptions): Answer {
  const own = options.alpnProtocols ?? [];
  const alpn = own.find((protocol) => hello.alpn.includes(protocol)) ?? null;
  const protocol = versionsOf(options).findLast((version) => hello.versions.includes(version));
  const shown = hello.certificate;
  const distrust = shown === null ? null : distrustOf(shown, authoritiesIn(options));
  const isTrusted = shown !== null && distrust === null;
  const answer: ServerHello = {
    alert: null,
    protocol: protocol ?? "",
    alpn,
    certificate: certificateFor(hello.serverName, options),
  };
  const refused = (alert: string, failure: string | Error): Answer => ({
    answer: { ...answer, alert },
    failure: typeof failure === "string" ? systemError(failure, "handshake") : failure,
    isTrusted,
  });
  if (protocol === undefined)
    return refused("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "ERR_SSL_UNSUPPORTED_PROTOCOL");
  if (answer.alpn === null && isAlpnAsked(hello, own))
    return refused("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "ERR_SSL_NO_APPLICATION_PROTOCOL");
  if (options.clientCertificate !== "require" || isTrusted) return { answer, failure: null, isTrusted };
  if (distrust !== null) return refused("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", distrust);
  return refused(
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE",
  );
}

function isAlpnAsked(hello: ClientHello, own: readonly string[]): boolean {
  return own.length > 0 && hello.alpn.length > 0;
}

function certificateFor(serverName: string | null, options: TlsServerOptions): string {
  const others = Object.entries(options.serverNames ?? {});
  const found =
    serverName === null ? undefined : others.find(([pattern]) => matches(pattern, serverName));
  return textOf(found?.[1].certificate ?? options.certificate);
}

function versionsOf({ minVersion = "TLSv1.2" }: TlsOptions): readonly string[] {
  return VERSIONS.slice(VERSIONS.indexOf(minVersion));
}

function authoritiesIn({ ca }: TlsOptions): readonly string[] | null {
  if (ca === undefined) return null;
  return isSingle(ca) ? [textOf(ca)] : ca.map(textOf);
}

function isSingle(ca: Pem | readonly Pem[]): ca is Pem {
  return typeof ca === "string" || ca instanceof Uint8Array;
}

function wrongName(certificate: string, serverName: string | null): Error | null {
  if (serverName === null || isFor(certificate, serverName)) return null;
  const names = claimsOf(certificate)?.names.join(", ");
  const error = systemError("ERR_TLS_CERT_ALTNAME_INVALID", "handshake");
  error.message = `Hostname/IP does not match certificate's altnames: ${serverName} is not among ${names}`;
  return error;
}

function infoOf(
  protocol: string,
  alpnProtocol: string | null,
  serverName: string | null,
  peer: { readonly certificate: string | null; readonly isTrusted: boolean },
): TlsInfo {
  return {
    protocol,
    alpnProtocol,
    serverName,
    isPeerTrusted: peer.certificate !== null && peer.isTrusted,
    peerCertificate: peer.certificate === null ? null : new TextEncoder().encode(peer.certificate),
  };
}
