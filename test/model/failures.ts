/** An error of its own for each step that fails: also such as cannot be extended, and one that is no object. */
export function makeError(kind: "error" | "frozen" | "primitive", number: number): unknown {
  if (kind === "primitive") return `failure ${number}`;
  const error = new Error(`failure ${number}`);
  return kind === "frozen" ? Object.freeze(error) : error;
}
