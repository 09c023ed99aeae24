/**
 * Which names a file uses as values without having declared them: the globals it depends on.
 *
 * Scopes are not modelled: a name that the file declares or imports anywhere counts as its own everywhere. The linter's
 * `no-restricted-globals` models scopes; this check is the second, independent pair of eyes, and reads what the linter
 * cannot: `globalThis.name`.
 */
import { isNode, walk } from "./walk.ts";
import type { Node } from "./walk.ts";

/** A use of a global as a value; `member` is the property taken from it, where one is. */
export interface GlobalUse {
  readonly name: string;
  readonly member: string | null;
  readonly line: number;
}

export function findGlobalUses(root: Node, lineOf: (offset: number) => number): GlobalUse[] {
  const own = new Set<string>();
  const uses: GlobalUse[] = [];
  walk(root, (node, parent, key) => {
    collectDeclared(node, own);
    if (node.type !== "Identifier" || parent === null || !isValueUse(parent, key)) return;
    const name = node["name"] as string;
    const member = key === "object" ? memberName(parent) : null;
    const use =
      name === "globalThis" && member !== null ? { name: member, member: null } : { name, member };
    uses.push({ ...use, line: lineOf(node.start) });
  });
  return uses.filter(({ name }) => !own.has(name));
}

/** Adds the names that `node` itself declares: variables, parameters, functions, classes, imports. */
function collectDeclared(node: Node, names: Set<string>): void {
  if (node.type.startsWith("Import") && isNode(node["local"])) collectPattern(node["local"], names);
  if (isNode(node["id"])) collectPattern(node["id"], names);
  if (isNode(node["param"])) collectPattern(node["param"], names);
  if (Array.isArray(node["params"])) for (const param of node["params"]) collectPattern(param, names);
}

/** Adds every name that a binding pattern binds. */
function collectPattern(pattern: unknown, names: Set<string>): void {
  if (!isNode(pattern)) return;
  if (pattern.type === "Identifier") names.add(pattern["name"] as string);
  for (const key of ["left", "argument", "value"]) collectPattern(pattern[key], names);
  for (const key of ["properties", "elements"]) {
    const parts = pattern[key];
    if (Array.isArray(parts)) for (const part of parts) collectPattern(part, names);
  }
}

const typeWrappers = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSInstantiationExpression",
]);

/** Whether an identifier under `key` of `parent` reads the value of that name. */
function isValueUse(parent: Node, key: string): boolean {
  if (parent.type.startsWith("TS") && !typeWrappers.has(parent.type)) return false;
  if (key === "property") return parent["computed"] === true;
  if (key === "key") return parent["computed"] === true;
  if (key === "label" || key === "exported" || key === "imported" || key === "meta") return false;
  // `x instanceof Date` asks nothing of the platform.
  return !(parent.type === "BinaryExpression" && parent["operator"] === "instanceof" && key === "right");
}

function memberName(member: Node): string | null {
  const property = member["property"] as { name?: string; value?: unknown };
  if (member["computed"] !== true) return property.name ?? null;
  return typeof property.value === "string" ? property.value : null;
}
