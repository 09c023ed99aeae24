import { checkCount, show } from "../../../base/check.ts";
import { InvalidArgument } from "../../../base/tsyncio-error.ts";
import { currentScope } from "../../../kernel/current.ts";
import { AddressInUse, ListenFailed, systemCodeOf } from "../../../io/errors.ts";
import { DRAIN_MS } from "../../../io/net/listen-socket.ts";
import { threadsOf } from "../../../threads/platform.ts";
import { checkAddress } from "../../../threads/pool-options.ts";
import { planOf, type ServeOptions } from "../options.ts";
import { HttpThreads } from "./http-threads.ts";

/** How a server in threads works: as one that is not, but for what cannot be copied into another thread. */
export interface ServeThreadsOptions extends Omit<ServeOptions, "onError" | "path" | "reusePort"> {
  /** How many threads. Default: as many as can run at the same time. */
  readonly threads?: number;
}

/**
 * Serves in several threads, so that all cores work on requests: each loads the module, and answers requests with the function that it exports
 * under the name `handler`. Resolves when all of them listen.
 *
 * All threads listen at one address, and the platform shares connections out to them (`SO_REUSEPORT`: Linux, and some BSDs). A thread that
 * ends by itself is replaced, after a pause that grows while that happens again and again; the requests that it had are lost, those of the
 * other threads are not touched. Limits such as `maxConnections` are for each thread. The server lives under the runtime, not under the
 * caller's scope: leave it by `await using`, or call `close`.
 *
 * Cancel safety: a cancelled call has ended its threads.
 * @throws {InvalidArgument} for what is no address of a module, and options that make no sense.
 * @throws {ModuleNotLoaded} when the module cannot be loaded. @throws {NoSuchExport} when it exports no function `handler`.
 * @throws {AddressInUse} when somebody else listens there.
 * @throws {ListenFailed} when the platform does not let us: also where it does not share an address, and there is more than one thread.
 * @example
 * import { HttpClient, serveThreads } from "tsyncio/http";
 * // In a file: serveThreads(new URL("./app.ts", import.meta.url), { port: 8080 })
 * const app = new URL("data:text/javascript,export const handler = ({ path }) => `you asked for ${path}`");
 * await using server = await serveThreads(app, { threads: 1, host: "127.0.0.1" });
 * await using http = new HttpClient();
 * console.log(await http.get(`http://127.0.0.1:${server.port}/cake`).text()); // you asked for /cake
 */
export async function serveThreads(
  module: URL | string,
  options: ServeThreadsOptions = {},
): Promise<HttpThreads> {
  const address = checkAddress("module of serveThreads", module);
  const { threads = threadsOf(currentScope().engine.host).parallelism, ...rest } = options;
  if (checkCount("threads of serveThreads", threads) === Infinity)
    throw new InvalidArgument("threads of serveThreads is Infinity. Give a number.");
  for (const name of ["onError", "path", "reusePort"])
    if (Object.hasOwn(rest, name))
      throw new InvalidArgument(
        `serveThreads has no option ${show(name)}: ${name === "onError" ? "a function cannot be copied into a thread" : "its threads share one address of TCP"}.`,
      );
  planOf("serveThreads", () => "", rest);
  const server = new HttpThreads(address, threads, rest.drainMs ?? DRAIN_MS);
  try {
    await server.start({ ...rest, reusePort: threads > 1 });
  } catch (error) {
    throw explained(error, threads);
  }
  return server;
}

/** Where the platform does not share an address, it says so in words of its own. */
function explained(error: unknown, threads: number): unknown {
  const isRefused = error instanceof ListenFailed || error instanceof AddressInUse;
  if (threads === 1 || !isRefused) return error;
  const { cause } = error;
  if (!["ENOTSUP", "ENOPROTOOPT", "EINVAL", "ENOSYS"].includes(systemCodeOf(cause) ?? "")) return error;
  const advice =
    " This platform shares no address between threads: give threads: 1, or a port to each of several processes.";
  return new ListenFailed(error.address, cause, advice);
}
