/** The other end of `harness/talking-process.ts`, for processes of Node. */
import process from "node:process";
import { createInterface } from "node:readline";

/** Node and Deno have it where `--expose-gc` says so; Bun has one of its own. */
const { gc, Bun } = globalThis as {
  gc?: () => void;
  Bun?: { gc(force: boolean): void };
};

function collectOnce(): void {
  if (gc !== undefined) gc();
  else Bun?.gc(true);
}

export type Question = Readonly<Record<string, number>>;

/** Says `ready`, and answers questions in their order until the input ends. */
export async function answerQuestions(
  ready: object,
  answer: (question: Question) => object | Promise<object>,
): Promise<never> {
  say(ready);
  for await (const line of createInterface({ input: process.stdin }))
    say(await answer(JSON.parse(line) as Question));
  process.exit(0);
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** What this process has used: CPU time so far, and memory, which is looked at after collections where `collect` asks for them. */
export async function usage({ collect = 0 }: Question): Promise<object> {
  for (let rest = collect; rest > 0; rest--) {
    collectOnce();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { user, system } = process.cpuUsage();
  const { heapUsed, rss } = process.memoryUsage();
  return { cpuNs: (user + system) * 1_000, heap: heapUsed, rss };
}
