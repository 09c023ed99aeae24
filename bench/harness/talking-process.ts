/**
 * A process that is asked by lines of JSON on its standard input, and answers each with one on its standard output. It says one line
 * when it is ready. Servers and clients of network cases are such; `plain/answering.ts` and `python/echo_server.py` are the other end.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export type Answer = Readonly<Record<string, number>>;

export class TalkingProcess {
  /** What it said when it was ready. */
  readonly ready: Answer;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcess, answers: AsyncIterator<string>, ready: Answer) {
    this.#child = child;
    this.#answers = answers;
    this.ready = ready;
  }

  /** @throws {Error} with what the process complained of, when it cannot do its part. */
  static async start(program: string, args: readonly string[]): Promise<TalkingProcess> {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    try {
      return new TalkingProcess(child, answers, await answerOf(answers));
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the process did not start");
    return this.#child.pid;
  }

  ask(question: object): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    return answerOf(this.#answers);
  }

  async stop(): Promise<void> {
    const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
    const ended = hasEnded ? undefined : once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

async function answerOf(answers: AsyncIterator<string>): Promise<Answer> {
  const { done, value } = await answers.next();
  if (done === true) throw new Error("the process ended without an answer");
  const answer = JSON.parse(value) as Answer & { readonly failed?: string };
  if (typeof answer.failed === "string") throw new Error(answer.failed);
  return answer;
}
