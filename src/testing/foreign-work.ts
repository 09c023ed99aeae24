import type { Scope } from "../kernel/scope.ts";
import { childrenOf } from "../kernel/snapshot.ts";

/**
 * Whether some task or scope below `root` has neither a wait nor anything below it: it computes, or sits on a promise of somebody
 * else's, which may come from outside: a dynamic `import()`, say, which nobody can capture.
 */
export function hasForeignWork(root: Scope): boolean {
  const open: Scope[] = [root];
  for (const scope of open) {
    const isIdle = scope === root || (scope.parent === root && scope.name === "background");
    const children = childrenOf(scope);
    if (!isIdle && scope.firstWait === null && children.length === 0) return true;
    for (const child of children) open.push(child);
  }
  return false;
}
