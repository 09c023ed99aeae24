/**
 * The style guide is executable: each rule of STYLE.md ends with the check that holds it, or with the word "judgement".
 * A check that is named must exist: `tidy <name>` in this folder's list, `oxlint <rule>` in .oxlintrc.json, `tsc <option>`
 * in a tsconfig, `oxfmt`, `knip`, `publint` and `attw` as they are, and `test <path>` as a file.
 */

/** What the checks that a rule may name are looked up in. */
export interface KnownChecks {
  readonly tidy: ReadonlySet<string>;
  /** The text of .oxlintrc.json. */
  readonly lintConfig: string;
  /** The text of both tsconfig files. */
  readonly typesConfig: string;
  readonly files: ReadonlySet<string>;
}

const plainTools = new Set(["oxfmt", "knip", "publint", "attw"]);

export function checkStyleRules(page: string, known: KnownChecks): string[] {
  const rules = page
    .split("\n")
    .flatMap((line, at) => (line.startsWith("- ") ? [{ line, number: at + 1 }] : []));
  if (rules.length === 0) return ["STYLE.md has no rules"];
  return rules.flatMap(({ line, number }) =>
    checkRule(line, known).map((problem) => `STYLE.md:${number}: ${problem}`),
  );
}

function checkRule(line: string, known: KnownChecks): string[] {
  if (line.endsWith(" — judgement")) return [];
  const checks = / — check: (.+)$/.exec(line)?.[1];
  if (checks === undefined) return ['a rule ends with " — check: <which>" or " — judgement"'];
  return checks
    .split(", ")
    .filter((check) => !exists(check, known))
    .map((check) => `no check is named "${check}"`);
}

function exists(check: string, { tidy, lintConfig, typesConfig, files }: KnownChecks): boolean {
  const [tool = "", name] = check.split(" ");
  if (name === undefined) return plainTools.has(tool);
  if (tool === "tidy") return tidy.has(name);
  if (tool === "oxlint") return lintConfig.includes(`"${name}"`);
  if (tool === "tsc") return typesConfig.includes(`"${name}"`);
  return tool === "test" && files.has(name);
}
