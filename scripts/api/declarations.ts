/**
 * What an entry declares, read from emitted `.d.ts` files: each exported name with the text of its declarations, and the
 * declarations that these mention without exporting them, because changing one of those changes the public types too.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseSync } from "oxc-parser";
import { walk } from "../tidy/walk.ts";
import type { Node } from "../tidy/walk.ts";

export interface Declaration {
  readonly name: string;
  /** The text of the declarations without comments; overloads are several. */
  readonly texts: readonly string[];
  /** The same with the comments of their members. */
  readonly documented: readonly string[];
  /** The documentation comments, without their frames, in the order of the texts; a text without one has "". */
  readonly comments: readonly string[];
  readonly exported: boolean;
}

/** A name in a module. */
interface Place {
  readonly path: string;
  readonly name: string;
}

interface Module {
  readonly text: string;
  readonly declared: ReadonlyMap<string, readonly Node[]>;
  /** Local name to where it comes from. */
  readonly imported: ReadonlyMap<string, Place>;
  /** Public name to where it comes from; `path` is null for a declaration of the module itself. */
  readonly exported: ReadonlyMap<string, { readonly path: string | null; readonly name: string }>;
  readonly comments: readonly { readonly start: number; readonly end: number; readonly value: string }[];
}

/** Declarations of the entry `file` below `folder`: the exported ones by name, then the others by name. */
export function readDeclarations(folder: string, file: string): Declaration[] {
  const modules = new Modules();
  const entry = join(folder, `${file}.d.ts`);
  const found = new Map<string, Declaration>();
  const mentions: Place[] = [];
  const add = (place: Place, publicName: string, exported: boolean): void => {
    const home = modules.resolve(place);
    const nodes = modules.load(home.path).declared.get(home.name);
    const key = `${home.path}#${home.name}`;
    if (nodes === undefined || found.has(key)) return;
    const parts = nodes.map((node) => describe(modules.load(home.path), node));
    const texts = parts.map(({ text }) => text);
    const documented = parts.map((part) => part.documented);
    const comments = parts.map(({ comment }) => comment);
    found.set(key, { name: publicName, texts, documented, comments, exported });
    for (const node of nodes) for (const name of namesIn(node)) mentions.push({ path: home.path, name });
  };
  // All exports first: a name that is exported is not merely mentioned.
  for (const name of modules.load(entry).exported.keys()) add({ path: entry, name }, name, true);
  for (const mention of mentions) add(mention, mention.name, false);
  return [...found.values()].sort(
    (a, b) => Number(b.exported) - Number(a.exported) || (a.name < b.name ? -1 : 1),
  );
}

/** The modules read so far. */
class Modules {
  readonly #loaded = new Map<string, Module>();

  load(path: string): Module {
    let module = this.#loaded.get(path);
    if (module === undefined) this.#loaded.set(path, (module = readModule(path)));
    return module;
  }

  /** Follows imports and re-exports to the module that declares the name, which is `place` itself for a global. */
  resolve(place: Place): Place {
    const { exported, imported } = this.load(place.path);
    const next = exported.get(place.name) ?? imported.get(place.name);
    if (next === undefined) return place;
    if (next.path !== null) return this.resolve({ path: next.path, name: next.name });
    const local = imported.get(next.name);
    return local === undefined ? { path: place.path, name: next.name } : this.resolve(local);
  }
}

function readModule(path: string): Module {
  const text = readFileSync(path, "utf8");
  const { program, comments } = parseSync(path, text, { lang: "dts", sourceType: "module" });
  const declared = new Map<string, Node[]>();
  const imported = new Map<string, { path: string; name: string }>();
  const exported = new Map<string, { path: string | null; name: string }>();
  const target = (node: Node): string | null => {
    const source = (node["source"] as { value?: string } | null | undefined)?.value;
    return source?.startsWith(".") === true
      ? join(dirname(path), source.replace(/\.(js|ts)$/, ".d.ts"))
      : null;
  };
  for (const node of program.body as unknown as Node[]) {
    if (node.type === "ImportDeclaration") readImport(node, target(node), imported);
    else if (node.type === "ExportNamedDeclaration" && node["declaration"] === null)
      readExport(node, target(node), exported);
    else if (node.type === "ExportAllDeclaration")
      throw new Error(`${path}: "export *" hides what an entry exports; name it`);
    else readDeclaration(node, declared, exported);
  }
  return { text, declared, imported, exported, comments };
}

function readImport(
  node: Node,
  path: string | null,
  imported: Map<string, { path: string; name: string }>,
): void {
  if (path === null) return;
  for (const specifier of node["specifiers"] as {
    local: { name: string };
    imported?: { name: string };
  }[]) {
    imported.set(specifier.local.name, { path, name: specifier.imported?.name ?? specifier.local.name });
  }
}

function readExport(
  node: Node,
  path: string | null,
  exported: Map<string, { path: string | null; name: string }>,
): void {
  for (const specifier of node["specifiers"] as {
    local: { name: string };
    exported: { name: string };
  }[]) {
    exported.set(specifier.exported.name, { path, name: specifier.local.name });
  }
}

function readDeclaration(
  node: Node,
  declared: Map<string, Node[]>,
  exported: Map<string, { path: string | null; name: string }>,
): void {
  const declaration = (node["declaration"] ?? node) as Node;
  const named = declaration["declarations"] as { id: { name: string } }[] | undefined;
  const names = named?.map(({ id }) => id.name) ?? [
    (declaration["id"] as { name?: string } | null)?.name,
  ];
  for (const name of names) {
    if (name === undefined) continue;
    declared.set(name, [...(declared.get(name) ?? []), node]);
    if (node.type === "ExportNamedDeclaration") exported.set(name, { path: null, name });
  }
}

/** Names of types and values that a declaration mentions. */
function namesIn(node: Node): Set<string> {
  const names = new Set<string>();
  walk(node, (child) => {
    if (child.type === "Identifier") names.add(child["name"] as string);
  });
  return names;
}

function describe(module: Module, node: Node): { text: string; documented: string; comment: string } {
  let text = "";
  let at = node.start;
  for (const { start, end } of module.comments) {
    if (start < node.start || end > node.end) continue;
    text += module.text.slice(at, start);
    at = end;
  }
  text += module.text.slice(at, node.end);
  const before = module.comments.findLast(({ end, value }) => end <= node.start && value.startsWith("*"));
  const near =
    before !== undefined && module.text.slice(before.end, node.start).trim() === "" ? before.value : "";
  const bare = text.split("\n").filter((line) => line.trim() !== "");
  const documented = withoutKeywords(module.text.slice(node.start, node.end));
  return { text: withoutKeywords(bare.join("\n")), documented, comment: unframe(near) };
}

function withoutKeywords(text: string): string {
  return text.replace(/^export (declare )?|^declare /, "");
}

/** The text of a documentation comment without its stars. */
function unframe(comment: string): string {
  return comment
    .slice(1)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}
