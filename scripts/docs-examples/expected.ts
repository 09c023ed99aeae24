/** What an example says that it prints: the comment after a `console.log(...)`, compared with what that line printed. */
import { parseSync } from "oxc-parser";
import { walk } from "../tidy/walk.ts";
import type { Node } from "../tidy/walk.ts";

export interface Expectation {
  /** The line of the call, from 1. */
  readonly line: number;
  readonly text: string;
}

/** A value that differs from run to run is given as `// for example 12 ms`; it is not compared. */
const varying = /^(for example|such as)\b/;

export function readExpectations(code: string): Expectation[] {
  const { program, comments } = parseSync("example.ts", code, { lang: "ts", sourceType: "module" });
  const lineOf = (offset: number): number => code.slice(0, offset).split("\n").length;
  const found: Expectation[] = [];
  walk(program as unknown as Node, (node) => {
    if (!isConsoleLog(node)) return;
    const comment = comments.find(
      ({ type, start }) => type === "Line" && start >= node.end && lineOf(start) === lineOf(node.end),
    );
    const text = comment?.value.trim();
    if (text !== undefined && !varying.test(text)) found.push({ line: lineOf(node.start), text });
  });
  return found;
}

function isConsoleLog(node: Node): boolean {
  if (node.type !== "CallExpression") return false;
  const callee = node["callee"] as Node;
  if (callee.type !== "MemberExpression") return false;
  const object = callee["object"] as { name?: string };
  const property = callee["property"] as { name?: string };
  return object.name === "console" && property.name === "log";
}

/** What a line of an example printed. */
export interface Printed {
  readonly line: number;
  readonly text: string;
}

/** What is not as it was said. A line that prints several times may give the same each time, or `// 1, 2, 3`. */
export function compareOutput(
  expected: readonly Expectation[],
  printed: readonly Printed[],
): { line: number; problem: string }[] {
  return expected.flatMap(({ line, text }) => {
    const texts = printed.filter((one) => one.line === line).map((one) => plain(one.text));
    const wanted = plain(text);
    if (texts.length > 0 && (texts.join(", ") === wanted || texts.every((one) => one === wanted)))
      return [];
    const got = texts.length === 0 ? "printed nothing" : `printed ${texts.join(", ")}`;
    return [{ line, problem: `${got}, and its comment says ${wanted}` }];
  });
}

function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
