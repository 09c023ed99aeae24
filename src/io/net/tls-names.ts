/**
 * What a server shows to a client that asks for `name`: what is kept for the name itself, else for the wildcard of its first label.
 * `undefined` where there is neither. The names in `choices` are in lower case.
 */
export function certificateFor<T>(choices: ReadonlyMap<string, T>, name: string): T | undefined {
  const asked = name.toLowerCase().replace(/\.$/, "");
  const dot = asked.indexOf(".");
  return choices.get(asked) ?? (dot > 0 ? choices.get(`*${asked.slice(dot)}`) : undefined);
}
