import { snapshot, type TreeNode } from "./snapshot.ts";

/**
 * The task tree as text: a line per task or scope, indented. Equal siblings without anything below them share a line:
 * `fetch x 812 waiting: queue.get (oldest 3.1 s)`.
 *
 * @example
 * import { formatTree } from "tsyncio/inspect";
 * import { sleep, withTaskGroup } from "tsyncio";
 * await withTaskGroup((group) => {
 *   group.spawn("nap", () => sleep(1));
 *   group.spawn("nap", () => sleep(1));
 *   console.log(formatTree().includes("nap x 2 waiting: sleep")); // true
 * });
 */
export function formatTree(tree: TreeNode = snapshot()): string {
  const lines: string[] = [];
  const stack: Array<{ node: TreeNode; depth: number; count: number; oldestMs: number }> = [];
  stack.push({ node: tree, depth: 0, count: 1, oldestMs: ageOf(tree) });
  while (stack.length > 0) {
    const { node, depth, count, oldestMs } = stack.pop()!;
    lines.push(`${"  ".repeat(Math.min(depth, 40))}${line(node, count, oldestMs)}`);
    for (const group of grouped(node.children).reverse()) stack.push({ ...group, depth: depth + 1 });
  }
  return lines.join("\n");
}

/** Siblings with the same line and nothing below them, counted. The order is that of the first of each. */
function grouped(
  children: readonly TreeNode[],
): Array<{ node: TreeNode; count: number; oldestMs: number }> {
  const groups = new Map<unknown, { node: TreeNode; count: number; oldestMs: number }>();
  for (const node of children) {
    const key =
      node.children.length > 0
        ? node
        : `${node.kind} ${node.name} ${node.state} ${labels(node)} ${node.cancelReason}`;
    const group = groups.get(key);
    const ageMs = ageOf(node);
    if (group === undefined) groups.set(key, { node, count: 1, oldestMs: ageMs });
    else {
      group.count++;
      group.oldestMs = Math.max(group.oldestMs, ageMs);
    }
  }
  return [...groups.values()];
}

function line(node: TreeNode, count: number, oldestMs: number): string {
  const parts = [count === 1 ? node.name : `${node.name} x ${count}`];
  const waits = node.waits.length > 0;
  const isLeaf = !waits && node.children.length === 0 && node.name !== "background";
  if (node.kind === "service") parts.push("(service)");
  if (node.state === "cancelling") parts.push(`cancelling (${node.cancelReason})`);
  if (waits) parts.push(`waiting: ${labels(node)}`);
  if (isLeaf) parts.push("running user code");
  if (waits || isLeaf)
    parts.push(count === 1 ? `since ${duration(oldestMs)}` : `(oldest ${duration(oldestMs)})`);
  if (node.deadlineInMs !== undefined) parts.push(`deadline in ${duration(node.deadlineInMs)}`);
  return parts.join(" ");
}

/** The labels of a node's waits, equal ones counted. */
function labels(node: TreeNode): string {
  const counts = new Map<string, number>();
  for (const { label } of node.waits) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => (count === 1 ? label : `${label} x ${count}`)).join(", ");
}

function ageOf(node: TreeNode): number {
  let oldest = node.waits.length === 0 ? node.ageMs : 0;
  for (const { ageMs } of node.waits) oldest = Math.max(oldest, ageMs);
  return oldest;
}

function duration(ms: number): string {
  return Math.abs(ms) < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
