/**
 * Runs one command, or several that feed each other, to their end.
 *
 * Per stage there is a child, a reading of its standard error, one of its output (which for all but the last feeds the next stage), and
 * a task that sees it off: when the child has ended, what it left behind is ended too, then its outputs are read to their end.
 *
 * Invariants
 * - All bytes between two stages go through us, one chunk at a time: a slow stage slows those before it.
 * - When a stage has stopped reading (it has ended, or closed its input), the one before may end as it likes; only if it writes on is its
 *   output closed, as a pipe between them would be. What it says to that, by SIGPIPE or a status, is no failure: `isCut`.
 * - Whatever goes wrong, no child is left: they are held by `Family`.
 */
import { all } from "../../flow/all.ts";
import { withTaskGroup, type TaskGroup } from "../../kernel/task-group.ts";
import type { Task } from "../../kernel/task.ts";
import { forEachChunk } from "../adapters/foreign-iterator.ts";
import { ConnectionReset, StreamClosed } from "../errors.ts";
import type { ByteStream } from "../stream/byte-stream.ts";
import { startChild, type ChildProcess } from "./child-process.ts";
import { Collected } from "./collected.ts";
import type { CommandInput, CommandSpec } from "./options.ts";
import type { ExitStatus } from "./platform.ts";
import { Reading, type Take } from "./reading.ts";

/** How a stage ended. */
export interface StageEnd extends ExitStatus {
  readonly spec: CommandSpec;
  /** What it wrote to its standard error: all of it, or the last of it. */
  readonly stderr: Uint8Array;
  /** It wrote more than the next stage wanted to read. */
  readonly isCut: boolean;
}

/** What becomes of the outputs. */
export interface OutputUse {
  readonly stdout: Take;
  /** Whether the standard error is wanted whole, and so may be too long; else its end is kept. */
  readonly collectsStderr: boolean;
}

/** Children that end together. */
class Family implements AsyncDisposable {
  readonly #children: ChildProcess[] = [];

  add(child: ChildProcess): ChildProcess {
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child[Symbol.asyncDispose]()));
  }
}

class Stage {
  readonly spec: CommandSpec;
  readonly child: ChildProcess;
  readonly stderr: Collected;
  isCut = false;
  /** What gives it its input; null where nothing does, or another stage. */
  giver: Task | null = null;
  readonly #readings: Reading[] = [];

  constructor(spec: CommandSpec, child: ChildProcess, collectsStderr: boolean) {
    this.spec = spec;
    this.child = child;
    this.stderr = collectsStderr ? Collected.whole(spec, "stderr") : Collected.tail();
  }

  /** Reads an output, and closes it when nobody wants more of it. */
  async read(stream: ByteStream, take: Take): Promise<void> {
    const reading = new Reading(stream);
    this.#readings.push(reading);
    try {
      await reading.run(take);
    } finally {
      stream.abort();
    }
  }

  async seeOff(): Promise<void> {
    await this.child.wait();
    this.giver?.cancel("the command that it fed has ended");
    await this.child.terminate();
    await all(this.#readings.map((reading) => () => reading.settle()));
  }

  get end(): StageEnd {
    const { status, signal } = this.child.exit ?? { status: null, signal: null };
    return { spec: this.spec, status, signal, stderr: this.stderr.bytes(), isCut: this.isCut };
  }
}

/** Runs the stages, and says how they ended, in their order. */
export async function runStages(
  specs: readonly CommandSpec[],
  use: OutputUse,
): Promise<readonly StageEnd[]> {
  await using family = new Family();
  const stages: Stage[] = [];
  for (const spec of specs) {
    const isFed = stages.length > 0 || spec.input !== null;
    const child = family.add(await startChild(spec, isFed));
    stages.push(new Stage(spec, child, use.collectsStderr));
  }
  await withTaskGroup((group) => {
    stages.forEach((stage, at) => conduct(group, stage, stages[at + 1] ?? null, use.stdout));
    const first = stages[0];
    const input = first?.spec.input ?? null;
    if (first !== undefined && input !== null)
      first.giver = group.spawn(`input of ${first.spec.file}`, () => give(first.child.stdin, input));
  });
  return stages.map(({ end }) => end);
}

function conduct(group: TaskGroup, stage: Stage, next: Stage | null, last: Take): void {
  const { child, spec } = stage;
  group.spawn(`stderr of ${spec.file}`, () =>
    stage.read(child.stderr, (chunk) => stage.stderr.take(chunk)),
  );
  group.spawn(`stdout of ${spec.file}`, () =>
    next === null ? stage.read(child.stdout, last) : pump(stage, next.child.stdin),
  );
  group.spawn(spec.file, () => stage.seeOff());
}

async function pump(from: Stage, to: ByteStream): Promise<void> {
  let isWanted = true;
  await from.read(from.child.stdout, async (chunk) => {
    from.isCut = !isWanted;
    if (isWanted) isWanted = await offer(() => to.write(chunk));
    return !from.isCut;
  });
  if (isWanted) await offer(() => to.end());
}

async function give(to: ByteStream, input: CommandInput): Promise<void> {
  const pieces = typeof input === "string" || input instanceof Uint8Array ? [input] : input;
  let isWanted = true;
  await forEachChunk(pieces, async (piece) => (isWanted = await offer(() => to.write(piece))));
  if (isWanted) await offer(() => to.end());
}

/** Writes to a child. False where it does not read any more, which is its own affair. */
async function offer(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConnectionReset || error instanceof StreamClosed) return false;
    throw error;
  }
}
