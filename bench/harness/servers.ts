/** Starts the servers of a case that measures them side by side, and the one client that all of them get. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { PYTHON } from "./cell.ts";
import type { AnyContender } from "./contract.ts";
import { TalkingProcess, type Answer } from "./talking-process.ts";

const placeOf = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Servers that are up, by the names of their contenders, and why others are not. */
export interface Servers extends AsyncDisposable {
  readonly client: TalkingProcess;
  readonly up: ReadonlyMap<string, TalkingProcess>;
  readonly failures: ReadonlyMap<string, string>;
}

export async function startServers(
  contenders: Readonly<Record<string, AnyContender>>,
  names: readonly string[],
): Promise<Servers> {
  const up = new Map<string, TalkingProcess>();
  const failures = new Map<string, string>();
  const client = await startNode("plain/echo-client.ts");
  for (const name of names) {
    const contender = contenders[name];
    if (typeof contender !== "object" || contender.kind !== "server") continue;
    try {
      const { file, kindOfServer } = contender;
      const server = file.endsWith(".py")
        ? await TalkingProcess.start(PYTHON, ["-B", placeOf(file), kindOfServer])
        : await startNode(file, kindOfServer);
      up.set(name, server);
    } catch (error) {
      failures.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  return {
    client,
    up,
    failures,
    async [Symbol.asyncDispose]() {
      for (const each of [client, ...up.values()]) await each.stop();
    },
  };
}

function startNode(file: string, ...args: readonly string[]): Promise<TalkingProcess> {
  return TalkingProcess.start(process.execPath, ["--expose-gc", "--no-warnings", placeOf(file), ...args]);
}

/** The figure of an answer, which must be in it. */
export function figureOf(answer: Answer, name: string): number {
  const figure = answer[name];
  if (figure === undefined) throw new Error(`the answer has no ${name}: ${JSON.stringify(answer)}`);
  return figure;
}
