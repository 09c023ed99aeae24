/** A program of a soak, in a process of its own: it answers each message with one, and ends when it is disconnected, so with us. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";

export class TalkingProcess<Question extends object | string> {
  readonly child: ChildProcess;
  /** What it has written to stderr. */
  complaints = "";

  /** Starts a file of this folder. */
  constructor(file: string) {
    this.child = fork(new URL(file, import.meta.url), {
      execArgv: ["--no-warnings"],
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.complaints += text));
  }

  /** Its next message; it must not end before. */
  async answer<T>(): Promise<T> {
    const died = new AbortController();
    const exited = (code: number | null, signal: string | null): void =>
      died.abort(new Error(`it ended with ${signal ?? code}: ${this.complaints}`));
    this.child.on("exit", exited);
    try {
      const [answer] = (await once(this.child, "message", { signal: died.signal })) as [T];
      return answer;
    } finally {
      this.child.off("exit", exited);
    }
  }

  tell(question: Question): void {
    this.child.send(question);
  }

  ask<T>(question: Question): Promise<T> {
    const answer = this.answer<T>();
    this.tell(question);
    return answer;
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await exited;
  }

  /** Lets it end, and gives its exit code and signal. */
  async disconnect(): Promise<unknown[]> {
    const exited = once(this.child, "exit");
    this.child.disconnect();
    return exited;
  }
}
