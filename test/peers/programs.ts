/**
 * The programs of others that judge ours: found, run, started and stopped. One that is not installed fails its test, with the name of
 * the Debian package that has it: a judge that is skipped has judged nothing.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { buffer, text } from "node:stream/consumers";

/** Programs, each with the Debian package that has it. */
const packages = {
  curl: "curl",
  nginx: "nginx-light",
  openssl: "openssl",
  python3: "python3",
  slowhttptest: "slowhttptest",
} as const;

export type Program = keyof typeof packages;

/** Debian's own programs come first: its Python is the one that has Debian's aiohttp. */
const folders = ["/usr/bin", "/usr/sbin", ...(process.env["PATH"] ?? "").split(delimiter)];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where a program is. */
export function pathOf(program: Program): string {
  const path = folders.map((folder) => join(folder, program)).find(isExecutable);
  assert.ok(
    path !== undefined,
    `${program} is not installed. It is in the Debian package ${packages[program]}: .ci/run installs it.`,
  );
  return path;
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: Buffer;
  readonly text: string;
  readonly complaints: string;
}

/** How long a program may take that is to end by itself. */
const LONGEST_MS = 30_000;

/** Runs a program to its end. It may be given its input, and must end with `code`. */
export async function run(
  program: Program,
  args: readonly string[],
  { input = "", code = 0 }: { readonly input?: string | Uint8Array; readonly code?: number | null } = {},
): Promise<Outcome> {
  const child = spawn(pathOf(program), args);
  const late = setTimeout(() => child.kill("SIGKILL"), LONGEST_MS);
  // One that ends early has no use for the rest.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [output, complaints, ended] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  clearTimeout(late);
  const outcome = { code: ended[0], signal: ended[1], output, text: output.toString(), complaints };
  if (code !== null)
    assert.equal(
      outcome.code,
      code,
      `${program} ${args.join(" ")} ended with ${outcome.code ?? outcome.signal}:\n${complaints}\n${outcome.text.slice(0, 2_000)}`,
    );
  return outcome;
}

/** A program that goes on until it is stopped. */
export class Running implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #name: string;
  readonly #hasEnded: Promise<unknown>;
  readonly #waiting: Set<() => void> = new Set();
  /** What it has written so far, on both streams. */
  written = "";

  constructor(program: Program, args: readonly string[]) {
    this.#name = program;
    this.child = spawn(pathOf(program), args);
    this.#hasEnded = once(this.child, "close");
    const heard = (piece: string): void => {
      this.written += piece;
      for (const look of this.#waiting) look();
    };
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding("utf8").on("data", heard);
  }

  /** Waits until it has written something that matches, from `start` on. */
  async wrote(pattern: RegExp, start = 0): Promise<RegExpExecArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = (): void => {
      const match = pattern.exec(this.written.slice(start));
      if (match !== null) resolve(match);
    };
    const fail = (why: string) => (): void =>
      reject(new Error(`${this.#name} ${why}, and did not write ${pattern}:\n${this.written}`));
    const late = setTimeout(fail("took too long"), LONGEST_MS);
    const ended = fail("has ended");
    this.#waiting.add(look);
    this.child.once("close", ended);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(look);
      this.child.off("close", ended);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Its end by itself. */
  async ended(): Promise<void> {
    await this.#hasEnded;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    const late = setTimeout(() => this.child.kill("SIGKILL"), 5_000);
    await this.#hasEnded;
    clearTimeout(late);
  }
}

/** A folder that is gone with its user. */
export class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "tsyncio-peers-"));

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A port that nobody listens at, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}
