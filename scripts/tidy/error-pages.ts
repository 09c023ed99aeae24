/** The error registry and its page say the same: every code has a heading in docs/errors.md, and every heading a code. */

export function checkErrorPage(codes: readonly string[], page: string): string[] {
  const headings = [...page.matchAll(/^## (TSY_[A-Z0-9_]+)[ \t]*$/gm)].map(([, code]) => code ?? "");
  const described = new Set(headings);
  const registered = new Set(codes);
  return [
    ...codes
      .filter((code) => !described.has(code))
      .map((code) => `docs/errors.md has no heading "## ${code}"`),
    ...headings
      .filter((code) => !registered.has(code))
      .map((code) => `docs/errors.md describes ${code}, which no error has`),
    ...headings
      .filter((code, at) => headings.indexOf(code) !== at)
      .map((code) => `docs/errors.md describes ${code} twice`),
  ];
}
