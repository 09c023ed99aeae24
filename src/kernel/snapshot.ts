/**
 * The task tree as data, and as text.
 *
 * Both are loops or share work per node, so that they cost time in proportion to the tree. A scope that is no task and holds
 * nothing of its own is shown all the same: it is where a deadline or a cancellation sits.
 */
import { show } from "../base/check.ts";
import { currentScope } from "./current.ts";
import { IS_SERVICE, type Blocked, type Scope } from "./scope.ts";
import { GroupScope } from "./group-scope.ts";

/** What a task waits for, and for how many milliseconds it has. */
export interface WaitSnapshot {
  readonly label: string;
  readonly ageMs: number;
}

/** A task or scope at one moment. */
export interface TreeNode {
  readonly kind: "task" | "service" | "group" | "scope";
  readonly name: string;
  /**
   * `waiting`: in at least one wait. `open`: not itself waiting, but something below it is alive. `running`: neither, so it is in
   * user code or waits for a foreign promise. `cancelling`: cancelled, and not ended.
   */
  readonly state: "waiting" | "open" | "running" | "cancelling";
  readonly waits: readonly WaitSnapshot[];
  /** Milliseconds since it was opened or last woken. */
  readonly ageMs: number;
  /** Milliseconds until its own deadline; `undefined` without one. */
  readonly deadlineInMs: number | undefined;
  readonly cancelReason: string | undefined;
  readonly createdAt: string | undefined;
  readonly children: readonly TreeNode[];
}

/** The tree of live tasks and scopes of the runtime to which the calling code belongs. */
export function snapshot(): TreeNode {
  let root = currentScope();
  while (root.parent !== null) root = root.parent;
  return snapshotOf(root);
}

/** The tree from `scope` down. */
export function snapshotOf(top: Scope): TreeNode {
  const now = top.engine.host.now();
  const children = new Map<Scope, TreeNode[]>([[top, []]]);
  const order: Scope[] = [top];
  for (let i = 0; i < order.length; i++) {
    for (const child of childrenOf(order[i]!)) {
      children.set(child, []);
      order.push(child);
    }
  }
  let node!: TreeNode;
  for (const scope of order.reverse()) {
    node = nodeOf(scope, children.get(scope)!.reverse(), now);
    if (scope !== top) children.get(scope.parent!)!.push(node);
  }
  return node;
}

/** What stands below a scope, the services of a group included. */
export function childrenOf(scope: Scope): Scope[] {
  const children: Scope[] = [];
  for (let child = scope.firstChild; child !== null; child = child.nextSibling) children.push(child);
  if (scope instanceof GroupScope && scope.services?.isEmpty === false) children.push(scope.services);
  return children;
}

function nodeOf(scope: Scope, children: TreeNode[], now: number): TreeNode {
  const waits: WaitSnapshot[] = [];
  for (let wait = scope.firstWait; wait !== null; wait = wait.next) {
    waits.push({ label: wait.label, ageMs: Math.max(0, now - wait.since) });
  }
  const limit = scope.rare?.limit?.at ?? Infinity;
  return {
    kind: kindOf(scope),
    name: scope.name,
    state: stateOf(scope, children.length > 0),
    waits: waits.reverse(),
    ageMs: Math.max(0, now - scope.stamp),
    deadlineInMs: limit === Infinity ? undefined : limit - now,
    cancelReason: scope.blocked === null ? undefined : reasonOf(scope.blocked),
    createdAt: scope.rare?.createdAt ?? undefined,
    children,
  };
}

function stateOf(scope: Scope, hasChildren: boolean): TreeNode["state"] {
  if (scope.blocked !== null) return "cancelling";
  if (scope.firstWait !== null) return "waiting";
  return hasChildren ? "open" : "running";
}

function reasonOf(blocked: Blocked): string {
  const reason = blocked.error?.reason;
  return reason === undefined ? "no reason given" : show(reason);
}

function kindOf(scope: Scope): TreeNode["kind"] {
  if (scope.isTask) return (scope.flags & IS_SERVICE) === 0 ? "task" : "service";
  return scope instanceof GroupScope ? "group" : "scope";
}
