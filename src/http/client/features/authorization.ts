/** Who asks: by the field of the request, else by the credentials of its options, else by the name and password in its URL. */
import { show } from "../../../base/check.ts";
import { InvalidArgument } from "../../../base/tsyncio-error.ts";
import { checkKnown } from "../../check-options.ts";
import type { ClientRequest, Credentials, ResolvedOptions } from "../exchange.ts";
import type { Target } from "../target.ts";
import { basicCredentials, bearerCredentials } from "./credentials.ts";

const ofToken: ReadonlySet<string> = new Set(["bearer"]);
const ofUser: ReadonlySet<string> = new Set(["username", "password"]);

/** The value of an `Authorization` field. @throws {InvalidArgument} */
export function authorizationOf(credentials: Credentials): string {
  if (typeof credentials === "object" && credentials !== null) {
    const isToken = "bearer" in credentials;
    checkKnown("credentials", credentials, isToken ? ofToken : ofUser);
    if (isToken) return bearerCredentials(credentials.bearer);
    const { username, password } = credentials;
    return basicCredentials({ user: username, password });
  }
  throw new InvalidArgument(
    `the credentials are ${show(credentials)}. Give { username, password } or { bearer }.`,
  );
}

/** The options of a client for a request to `target`: the client's own credentials are for the origin of its base URL, where it has one. */
export function withAuthAtHome(
  options: ResolvedOptions,
  home: Target | null,
  target: Target,
): ResolvedOptions {
  return home === null || home.origin === target.origin ? options : { ...options, auth: null };
}

/**
 * The request with an `Authorization` field, where it has none and there are credentials: for it alone, redirects have theirs.
 *
 * @throws {InvalidArgument} for credentials that cannot be sent.
 */
export function authorized(request: ClientRequest): ClientRequest {
  const credentials = request.options.auth ?? request.url.credentials;
  if (credentials === null || request.headers.has("authorization")) return request;
  const copy = request.with({ headers: request.headers.clone() });
  copy.headers.set("Authorization", authorizationOf(credentials));
  return copy;
}
