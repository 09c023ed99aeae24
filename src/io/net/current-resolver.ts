import { ContextVar } from "../../kernel/context-var.ts";
import { currentScope } from "../../kernel/current.ts";
import type { Engine } from "../../kernel/engine.ts";
import { CachingResolver } from "./caching-resolver.ts";
import { currentNetwork, type Network } from "./network.ts";
import { systemResolver, type Resolver } from "./resolver.ts";

const ambient = new ContextVar<Resolver | null>("resolver", null);

/** One for each runtime, whose clock it goes by, and each network, whose names it knows. */
const shared = new WeakMap<Engine, WeakMap<Network, CachingResolver>>();

/** The resolver that serves the calling code: that of the nearest {@link withResolver}, else a cache before the network's. */
export function currentResolver(): Resolver {
  const chosen = ambient.get();
  if (chosen !== null) return chosen;
  const { engine } = currentScope();
  let ofEngine = shared.get(engine);
  if (ofEngine === undefined) shared.set(engine, (ofEngine = new WeakMap()));
  const network = currentNetwork();
  let resolver = ofEngine.get(network);
  if (resolver === undefined) ofEngine.set(network, (resolver = new CachingResolver(systemResolver)));
  return resolver;
}

/**
 * Runs `fn` with another resolver, for it and for the tasks that it begins.
 *
 * @example
 * import { connect, listen, withResolver } from "tsyncio/io";
 * await using server = await listen({ host: "127.0.0.1", port: 0 }, (stream) => stream.write("hello"));
 * const hosts = { resolve: async () => [{ address: "127.0.0.1", family: 4 as const }] };
 * await withResolver(hosts, async () => {
 *   await using stream = await connect({ host: "shop.example", port: server.port });
 *   console.log(await stream.readText()); // hello
 * });
 */
export function withResolver<T>(resolver: Resolver, fn: () => T): T {
  return ambient.run(resolver, fn);
}
