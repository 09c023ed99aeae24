/** A walk over a syntax tree whose visitor sees each node with its parent and the key under which it hangs there. */

/** A node of oxc's ESTree, read by name. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export type Visit = (node: Node, parent: Node | null, key: string) => void;

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** Visits `node` and everything below it, in the order of the text. */
export function walk(node: Node, visit: Visit, parent: Node | null = null, key = ""): void {
  visit(node, parent, key);
  for (const [childKey, value] of Object.entries(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) walk(item, visit, node, childKey);
    } else if (isNode(value)) {
      walk(value, visit, node, childKey);
    }
  }
}
