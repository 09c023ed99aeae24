/** The command line of `npm run bench` and `npm run bench:http`. */
import { parseArgs } from "node:util";

export interface Options {
  /** Names of cases; empty for all. */
  readonly cases: readonly string[];
  /** Beginnings of contenders' names; empty for all. The reference of a case always runs. */
  readonly peers: readonly string[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly save: boolean;
}

/** @throws {TypeError} for what is no option, or a wrong value. */
export function readOptions(args: readonly string[], defaultRounds: number): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: "string", multiple: true, default: [] },
      peer: { type: "string", multiple: true, default: [] },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      save: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const rounds = Number(values.rounds ?? (values.quick ? 1 : defaultRounds));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new TypeError(`--rounds ${values.rounds}: give a number from 1 on`);
  return { cases: values.case, peers: values.peer, rounds, quick: values.quick, save: values.save };
}
