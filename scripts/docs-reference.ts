/**
 * `npm run docs:reference`: writes `docs/reference/<entry>.md` from the documentation comments of what each entry exports. The pages
 * are in git, so that they can be read there; a test keeps them current.
 *
 * Blocks of code are marked `mts`, not `ts`: the examples among them are run where they come from, in the source.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withDeclarations, type Report } from "./api-report.ts";
import { readDeclarations } from "./api/declarations.ts";
import type { Declaration } from "./api/declarations.ts";
import { readEntries } from "./api/entries.ts";

const root = join(import.meta.dirname, "..");

/** The pages as they should be now. */
function makeReference(): Promise<Report[]> {
  return withDeclarations((folder) =>
    readEntries(root).map(({ specifier, file }) => ({
      path: `docs/reference/${file}.md`,
      text: renderPage(specifier, readHead(file), readDeclarations(folder, file)),
    })),
  );
}

/** What the comment at the head of an entry's source says about it; "" without one. */
function readHead(file: string): string {
  const head = /^\/\*\*([^]*?)\*\//.exec(readFileSync(join(root, "src", `${file}.ts`), "utf8"));
  return head?.[1]?.replaceAll(/^\s*\* ?/gm, "").trim() ?? "";
}

function renderPage(specifier: string, head: string, declarations: readonly Declaration[]): string {
  const exported = declarations.filter((declaration) => declaration.exported);
  const things = exported.filter((declaration) => !isType(declaration));
  const types = exported.filter(isType);
  const parts = [
    `# ${specifier}`,
    "Written by `npm run docs:reference` from the source; do not edit.",
    head,
    renderContents(things),
    types.length === 0 ? "" : `Types: ${types.map(link).join(", ")}.`,
    ...[...things, ...types].map(renderDeclaration),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Whether a name stands for types only, which are read when a signature mentions them. */
function isType({ texts }: Declaration): boolean {
  return texts.every((text) => /^(interface|type) /.test(text));
}

function renderContents(declarations: readonly Declaration[]): string {
  const rows = declarations.map(
    (declaration) => `| ${link(declaration)} | ${firstSentence(declaration)} |`,
  );
  return ["| name | what it is |", "|---|---|", ...rows].join("\n");
}

function link({ name }: Declaration): string {
  return `[\`${name}\`](#${name.toLowerCase()})`;
}

/** The first sentence of the first comment, as it fits into a table. */
function firstSentence({ comments }: Declaration): string {
  const comment = comments.find((text) => text !== "") ?? "";
  const paragraph = comment.split(/\n\s*\n|\n@/, 1)[0] ?? "";
  const sentence = /^[^]*?[.:](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph;
  return renderInline(sentence.replaceAll(/\s+/g, " ").replace(/:$/, ".")).replaceAll("|", "\\|");
}

function renderDeclaration({ name, documented, comments }: Declaration): string {
  const prose = [...new Set(comments)].filter((comment) => comment !== "").map(renderComment);
  return [`## ${name}`, ...prose, fenced(documented.map(withoutInternals).join("\n\n"))].join("\n\n");
}

/** A declaration without the members that are not for users: `#private`, and those marked `@internal`. */
function withoutInternals(text: string): string {
  return withoutLinks(text)
    .replaceAll(/^\s*\/\*\*(?:(?!\*\/)[^])*@internal(?:(?!\*\/)[^])*\*\/\n.*\n/gm, "")
    .replaceAll(/^\s*#private;\n/gm, "");
}

/** TSDoc to Markdown: prose first, then what it throws and returns, then examples. */
function renderComment(comment: string): string {
  const [prose = "", ...tags] = comment.split(/^(?=@[a-z])/m);
  const notes: string[] = [];
  const examples: string[] = [];
  for (const tag of tags) {
    const [, kind = "", text = ""] = /^@(\w+)\s*([^]*)$/.exec(tag) ?? [];
    if (kind === "example") examples.push(`Example:\n\n${fenced(text.trim())}`);
    else notes.push(`- ${sayTag(kind)} ${renderInline(text.trim().replaceAll(/\s*\n\s*/g, " "))}`);
  }
  const body = renderInline(prose.trim()).replaceAll(/^(Cancel safety):/gm, "**$1:**");
  return [body, notes.join("\n"), ...examples].filter((part) => part !== "").join("\n\n");
}

function sayTag(kind: string): string {
  return kind === "throws" ? "Throws" : kind === "returns" ? "Returns" : `${kind}:`;
}

/** Links become code; so do the types in braces that begin a tag. Laws lead to their page. */
function renderInline(text: string): string {
  return withoutLinks(text)
    .replace(/^\{([^}]+)\}/, "`$1`")
    .replaceAll(/\blaws? \d+\b/g, "[$&](../laws.md)");
}

function withoutLinks(text: string): string {
  return text.replaceAll(/\{@link ([^}|]+)(?:\|[^}]*)?\}/g, "`$1`");
}

function fenced(code: string): string {
  return `\`\`\`mts\n${code}\n\`\`\``;
}

/** Paths of pages that are not what they should be. */
export async function findStaleReference(): Promise<string[]> {
  const pages = await makeReference();
  return pages.filter(({ path, text }) => readOrEmpty(join(root, path)) !== text).map(({ path }) => path);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

if (import.meta.main) {
  mkdirSync(join(root, "docs/reference"), { recursive: true });
  for (const { path, text } of await makeReference()) writeFileSync(join(root, path), text);
}
