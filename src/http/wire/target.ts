/**
 * Request targets and authorities (RFC 9112, 3.2; RFC 3986, 3.2). A server must see one host in a request, however it is asked: with a
 * second interpretation, who checks and who answers can be made to disagree.
 */
import { HttpProtocolError, refuseMessage } from "./errors.ts";

/** A name, an IPv4 address or an IPv6 address in brackets; a port or none. A comma would be a list of hosts. */
const authorityPattern =
  /^(?:\[[0-9A-Fa-f:.]{2,45}\]|(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})+)(?::([0-9]{0,5}))?$/;

/** The last authority that was found valid: a server hears the same one over and over. */
let lastAuthority = "";

export function isAuthority(text: string): boolean {
  if (text === lastAuthority && text !== "") return true;
  const match = authorityPattern.exec(text);
  if (match === null || Number(match[1] ?? 0) > 65_535) return false;
  lastAuthority = text;
  return true;
}

/** The two things that a target comes to. One object for all requests; nobody keeps it. */
class ResolvedTarget {
  host = "";
  path = "";
}

const resolved = new ResolvedTarget();

/**
 * What host and path `target` means. `host` is the value of Host, or null without one.
 * @throws {HttpProtocolError} for a form that the method does not allow, and for two different hosts.
 */
export function resolveTarget(
  method: string,
  target: string,
  host: string | null,
): Readonly<ResolvedTarget> {
  if (method === "CONNECT") return connectTarget(target, host);
  resolved.host = host ?? "";
  if (target.charCodeAt(0) === 0x2f) {
    resolved.path = target;
    return resolved;
  }
  if (target === "*") {
    if (method !== "OPTIONS") refuseMessage("target-form", target);
    resolved.path = target;
    return resolved;
  }
  return absoluteTarget(method, target, host);
}

function connectTarget(target: string, host: string | null): Readonly<ResolvedTarget> {
  const colon = target.lastIndexOf(":");
  if (colon < 0 || colon === target.length - 1 || !isAuthority(target))
    refuseMessage("target-authority", target);
  if (host !== null && !isSame(host, target) && !isSame(host, target.slice(0, colon)))
    refuseMessage("target-host", target);
  resolved.host = target;
  resolved.path = target;
  return resolved;
}

const absolutePattern = /^https?:\/\/([^/?]*)(.*)$/i;

function absoluteTarget(method: string, target: string, host: string | null): Readonly<ResolvedTarget> {
  const match = absolutePattern.exec(target);
  if (match === null) throw new HttpProtocolError("target-form", target);
  const [, authority = "", rest = ""] = match;
  if (!isAuthority(authority)) refuseMessage("target-authority", target);
  if (host !== null && !isSame(host, authority)) refuseMessage("target-host", target);
  resolved.host = authority;
  if (rest === "") resolved.path = method === "OPTIONS" ? "*" : "/";
  else resolved.path = rest.startsWith("/") ? rest : `/${rest}`;
  return resolved;
}

function isSame(left: string, right: string): boolean {
  return left === right || left.toLowerCase() === right.toLowerCase();
}
