import { block } from "../../kernel/cancel.ts";
import type { Blocked, Scope } from "../../kernel/scope.ts";
import { childrenOf } from "../../kernel/snapshot.ts";

/**
 * Stops all code in the scopes below `roots` for good: whoever waits, or begins a wait, gets a promise that never settles.
 *
 * So `finally` does not run, as when a thread is terminated. Shields and services are no shelter.
 */
export function freeze(roots: readonly Scope[]): void {
  const frozen: Blocked = { error: null, rejection: new Promise<never>(() => {}) };
  const scopes: Scope[] = [...roots];
  for (const scope of scopes) {
    if (scope.rare !== null) scope.rare.shield = null;
    scopes.push(...childrenOf(scope));
  }
  for (const scope of scopes) if (scope.blocked !== frozen) block(scope, frozen);
}
