import { checkCount, checkDuration } from "../../base/check.ts";
import { currentScope } from "../../kernel/current.ts";
import { delivered, refusal } from "../../kernel/park.ts";
import { shared } from "../../flow/shared.ts";
import { UnknownHost } from "../errors.ts";
import { currentNetwork, withNetwork, type Network, type ResolvedAddress } from "./network.ts";
import { addressesOf, type Resolver } from "./resolver.ts";

/** For how long a {@link CachingResolver} remembers what. */
export interface CachingOptions {
  /** Milliseconds for which addresses are remembered whose resolver does not say how long they hold. Default 30,000. */
  readonly ttlMs?: number;
  /** Milliseconds for which it is remembered that a host is unknown. Default 1,000. */
  readonly unknownTtlMs?: number;
  /** How many hosts are remembered; beyond it, those that were asked for longest ago are forgotten. Default 1,000. */
  readonly maxEntries?: number;
}

/** Figures about a cache, as `stats()` gives them. */
export interface CachingStats {
  readonly entries: number;
  /** Calls that were answered from memory, and questions that were put to the resolver behind. */
  readonly hits: number;
  readonly asked: number;
}

interface Entry {
  readonly expiresAt: number;
  readonly addresses: readonly ResolvedAddress[] | null;
  /** Why the host is unknown. */
  readonly error: UnknownHost | null;
}

const TTL_MS = 30_000;
const UNKNOWN_TTL_MS = 1_000;
const MAX_ENTRIES = 1_000;

/**
 * Remembers what another resolver found. All who ask for one host at the same time share one question.
 *
 * Only that a host does not exist is remembered, for a short time: a resolver that cannot say for now is asked again.
 *
 * Cancel safety: a cancelled call leaves the question to the others who wait for it; the last one takes it along.
 *
 * @example
 * import { CachingResolver, systemResolver } from "tsyncio/io";
 * const resolver = new CachingResolver(systemResolver, { ttlMs: 5_000 });
 * await resolver.resolve("localhost");
 * await resolver.resolve("localhost");
 * console.log(resolver.stats().asked); // 1
 */
export class CachingResolver implements Resolver {
  readonly #resolver: Resolver;
  readonly #ttlMs: number;
  readonly #unknownTtlMs: number;
  readonly #maxEntries: number;
  /** The host that was asked for longest ago comes first. */
  readonly #entries: Map<string, Entry> = new Map();
  readonly #ask: (host: string, network: Network) => Promise<readonly ResolvedAddress[]>;
  #hits = 0;
  #asked = 0;

  constructor(resolver: Resolver, options: CachingOptions = {}) {
    this.#resolver = resolver;
    this.#ttlMs = checkDuration("ttlMs of CachingResolver", options.ttlMs ?? TTL_MS);
    this.#unknownTtlMs = checkDuration(
      "unknownTtlMs of CachingResolver",
      options.unknownTtlMs ?? UNKNOWN_TTL_MS,
    );
    this.#maxEntries = checkCount("maxEntries of CachingResolver", options.maxEntries ?? MAX_ENTRIES, 0);
    this.#ask = shared((host: string, network: Network) => this.#load(host, network), {
      key: (host) => host,
    });
  }

  /**
   * The addresses of `host`, from memory where they are there.
   *
   * @throws {UnknownHost} when there is none.
   * @throws {Cancelled} when the surrounding scope is cancelled first.
   */
  resolve(host: string): Promise<readonly ResolvedAddress[]> {
    const refused = refusal();
    if (refused !== null) return refused;
    const name = nameOf(host);
    const entry = this.#recall(name);
    if (entry === null) return this.#ask(name, currentNetwork());
    this.#hits++;
    if (entry.addresses !== null) return delivered(entry.addresses);
    return Promise.reject(new UnknownHost(name, entry.error?.cause));
  }

  /** Forgets one host, or all of them: when the machine has changed its network, say. */
  forget(host?: string): void {
    if (host === undefined) this.#entries.clear();
    else this.#entries.delete(nameOf(host));
  }

  stats(): CachingStats {
    return { entries: this.#entries.size, hits: this.#hits, asked: this.#asked };
  }

  /** What is remembered of a host; it is the one asked for last then. */
  #recall(name: string): Entry | null {
    const entry = this.#entries.get(name);
    if (entry === undefined) return null;
    this.#entries.delete(name);
    if (entry.expiresAt <= now()) return null;
    this.#entries.set(name, entry);
    return entry;
  }

  /** Runs in the background, where the network of the one who asks is not the ambient one. */
  async #load(name: string, network: Network): Promise<readonly ResolvedAddress[]> {
    this.#asked++;
    try {
      const addresses = await withNetwork(network, () => addressesOf(name, this.#resolver));
      const ttlMs = Math.min(...addresses.map((each) => each.ttlMs ?? this.#ttlMs));
      this.#remember(name, { expiresAt: now() + ttlMs, addresses, error: null });
      return addresses;
    } catch (error) {
      if (error instanceof UnknownHost && error.systemCode !== "EAI_AGAIN")
        this.#remember(name, { expiresAt: now() + this.#unknownTtlMs, addresses: null, error });
      throw error;
    }
  }

  #remember(name: string, entry: Entry): void {
    if (entry.expiresAt <= now()) return;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) return;
      this.#entries.delete(oldest);
    }
  }
}

/** Names differ neither by case nor by the dot that ends a full one. */
function nameOf(host: string): string {
  const name = host.toLowerCase();
  return name.length > 1 && name.endsWith(".") ? name.slice(0, -1) : name;
}

function now(): number {
  return currentScope().engine.host.now();
}
