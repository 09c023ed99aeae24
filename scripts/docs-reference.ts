/** `npm run docs:reference`: writes `docs/reference/<entry>.md` from the documentation comments of what each entry exports. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withDeclarations } from "./api-report.ts";
import { readDeclarations } from "./api/declarations.ts";
import type { Declaration } from "./api/declarations.ts";
import { readEntries } from "./api/entries.ts";

const root = join(import.meta.dirname, "..");

function renderDeclaration({ name, documented, comments }: Declaration): string {
  const prose = [...new Set(comments)]
    .filter((comment) => comment !== "")
    .map(renderComment)
    .join("\n\n");
  return `## ${name}\n\n${prose}${prose === "" ? "" : "\n\n"}\`\`\`ts\n${documented.join("\n")}\n\`\`\`\n`;
}

/** TSDoc to Markdown: examples become code, other tags bold words, links plain code. */
function renderComment(comment: string): string {
  return comment
    .replaceAll(/\{@link ([^}]+)\}/g, "`$1`")
    .replaceAll(
      /^@example\n((?:(?!^@)[^])*)/gm,
      (_, code: string) => `\`\`\`ts\n${code.trim()}\n\`\`\`\n`,
    )
    .replaceAll(/^@(\w+) ?/gm, "**$1** ");
}

await withDeclarations((folder) => {
  mkdirSync(join(root, "docs/reference"), { recursive: true });
  for (const { specifier, file } of readEntries(root)) {
    const exported = readDeclarations(folder, file).filter((declaration) => declaration.exported);
    const body = exported.map(renderDeclaration).join("\n");
    const head = `# ${specifier}\n\nWritten by \`npm run docs:reference\` from the source; do not edit.\n\n`;
    writeFileSync(join(root, `docs/reference/${file}.md`), head + body);
  }
});
