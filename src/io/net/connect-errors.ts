/** Our errors for those of a network that could not connect. */
import { suppress } from "../../base/suppressed.ts";
import type { Scope } from "../../kernel/scope.ts";
import { ConnectFailed, ConnectionRefused, ConnectionReset, systemCodeOf } from "../errors.ts";

/** What to do about it, where that is known. */
const advice: Readonly<Record<string, string>> = {
  ENETUNREACH: " There is no way to it from here.",
  EHOSTUNREACH: " There is no way to it from here.",
  ENETDOWN: " There is no way to it from here.",
  EADDRNOTAVAIL:
    " Give a localAddress that this machine has and that is of the address's family, or a port that is free.",
  EACCES: " This user may not connect there.",
  EPERM: " This user may not connect there.",
  ENOENT: " There is no such socket: is the server running?",
  EMFILE: " The process has no descriptor left: close some, or raise its limit.",
  ENFILE: " The system has no descriptor left.",
};

/** Failures that say something about this machine or the way, and nothing about the peer. */
const untelling: ReadonlySet<string> = new Set([
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
  "EINVAL",
]);

/** What is none of the platform's errors, a cancellation for one, stays what it is. */
export function connectError(address: string, error: unknown): unknown {
  const code = systemCodeOf(error);
  if (code?.startsWith("TSY_") === true) return error;
  if (code === "ECONNREFUSED") return new ConnectionRefused(address, error);
  if (code === "ECONNRESET") return new ConnectionReset(address, error);
  return new ConnectFailed(address, error, advice[code ?? ""] ?? "");
}

/**
 * The most telling of the errors of several attempts; the others are its `suppressedErrors`. A peer that answered tells more than a
 * way that is not there. They belong to `scope`, so that a group around it adds its own.
 */
export function mostTelling(errors: readonly unknown[], scope: Scope): unknown {
  const isTelling = (error: unknown): boolean =>
    !untelling.has((error as { systemCode?: string | null }).systemCode ?? "");
  const chosen = errors.find(isTelling) ?? errors[0];
  for (const error of errors) if (error !== chosen) suppress(chosen, error, scope);
  return chosen;
}
