/** What runs in a thread of `serveThreads`: a server with the handler of a module, until it is told to close. */
import { until } from "../../../flow/until.ts";
import { inRoot } from "../../../kernel/root-context.ts";
import { withTaskGroup } from "../../../kernel/task-group.ts";
import { Future } from "../../../sync/future.ts";
import { ModuleNotLoaded, NoSuchExport } from "../../../threads/errors.ts";
import type { CloseReport, HttpServer } from "../http-server.ts";
import type { Handler } from "../options.ts";
import { serve } from "../serve.ts";
import type { FromServingThread, ThreadPlan, ToServingThread } from "./thread-messages.ts";

/** The export of a module that `serveThreads` serves. */
export const HANDLER = "handler";

/**
 * Serves until it is told to close. Resolves to what became of the last requests.
 *
 * Cancel safety: a cancelled call has closed the server, in at most 5 s.
 * @throws {ModuleNotLoaded} @throws {NoSuchExport}
 * @throws what `serve` throws, and {@link ListenFailed} when the socket is lost.
 */
export async function serveHere({ module, options, link }: ThreadPlan): Promise<CloseReport> {
  try {
    const handler = await handlerOf(module);
    await using server = await serve(handler, options);
    return await untilClosed(server, link);
  } finally {
    link.close();
  }
}

async function handlerOf(address: string): Promise<Handler> {
  let namespace: Readonly<Record<string, unknown>>;
  try {
    namespace = (await until(inRoot(() => import(address)))) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new ModuleNotLoaded(address, error);
  }
  const handler = namespace[HANDLER];
  if (typeof handler === "function") return handler as Handler;
  const functions = Object.keys(namespace).filter((name) => typeof namespace[name] === "function");
  throw new NoSuchExport(address, HANDLER, handler, functions);
}

function untilClosed(server: HttpServer, link: MessagePort): Promise<CloseReport> {
  const told = new Future<number | null>({ name: "the order to close" });
  const say = (message: FromServingThread): void => link.postMessage(message);
  inRoot(() => {
    link.onmessage = ({ data }: { readonly data: ToServingThread }): void => {
      if (data.kind === "stats") say({ kind: "stats", id: data.id, stats: server.stats() });
      else if (told.state === "pending") told.resolve(data.drainMs);
      else void server.close(closeOptions(data.drainMs));
    };
  });
  say({ kind: "listening", address: server.address });
  return withTaskGroup(async (group) => {
    group.spawnService("the server", () => server.closed);
    const drainMs = await told.wait();
    return server.close(closeOptions(drainMs));
  });
}

const closeOptions = (drainMs: number | null): { readonly drainMs?: number } =>
  drainMs === null ? {} : { drainMs };
