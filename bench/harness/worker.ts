/**
 * The process of one cell: `node --expose-gc worker.ts CASE CONTENDER WARMUPS REPEATS`.
 *
 * Prints one line of JSON, the {@link Report}, and exits, whatever timers are left.
 */
import process from "node:process";
import type { Case, Contender, Figure, Meter } from "./contract.ts";
import { median } from "./statistics.ts";

/** What a process found: its figures, or why there are none. */
export type Report = { readonly figures: Partial<Record<Figure, number>> } | { readonly failed: string };

declare const gc: () => void;

/** Twice: what the first collection finalises, the second frees. */
function collect(): void {
  gc();
  gc();
}

/** Collections are not forced between measurements of time: whoever leaves garbage pays for it in the next. */
class Measurement implements Meter {
  readonly #before: NodeJS.MemoryUsage;
  #began: number;
  #ended = Number.NaN;
  #after: NodeJS.MemoryUsage | null = null;

  constructor(withMemory: boolean) {
    if (withMemory) collect();
    this.#before = process.memoryUsage();
    this.#began = performance.now();
  }

  start(): void {
    collect();
    this.#began = performance.now();
  }

  stop(): void {
    this.#ended = performance.now();
  }

  takeMemory(): void {
    collect();
    this.#after = process.memoryUsage();
  }

  figure(kind: Figure, count: number): number {
    const ms = this.#ended - this.#began;
    if (kind === "time") return (ms * 1e6) / count;
    if (kind === "wall") return ms;
    if (kind === "peak") return process.resourceUsage().maxRSS / 1024;
    if (this.#after === null) throw new Error("the contender took no memory");
    const used = kind === "heap" ? "heapUsed" : "rss";
    return (this.#after[used] - this.#before[used]) / count;
  }

  get stopped(): boolean {
    return !Number.isNaN(this.#ended);
  }
}

async function find(benchCase: Case, name: string): Promise<{ run: Contender; share: number }> {
  const contender = benchCase.contenders[name];
  if (typeof contender === "function") return { run: contender, share: 1 };
  if (contender?.kind !== "peer") throw new Error(`no contender ${name} runs here`);
  const peers = (await import(new URL(`../peers/${contender.file}.ts`, import.meta.url).href)) as Record<
    string,
    Contender
  >;
  const run = peers[contender.name];
  if (run === undefined) throw new Error(`peers/${contender.file}.ts exports no ${contender.name}`);
  return { run, share: contender.share };
}

async function measure(benchCase: Case, name: string, warmUps: number, repeats: number): Promise<Report> {
  const { run, share } = await find(benchCase, name);
  const count = Math.round(benchCase.count * share);
  const expected = benchCase.checksum(count);
  const found = new Map<Figure, number[]>(benchCase.figures.map((figure) => [figure, []]));
  for (let round = -warmUps; round < repeats; round++) {
    const measurement = new Measurement(benchCase.figures.includes("heap"));
    const checksum = await run(count, measurement);
    if (!measurement.stopped) measurement.stop();
    if (checksum !== expected) return { failed: `wrong result: ${checksum}, expected ${expected}` };
    if (round < 0) continue;
    for (const [figure, values] of found) values.push(measurement.figure(figure, count));
  }
  return { figures: Object.fromEntries([...found].map(([figure, values]) => [figure, median(values)])) };
}

const [caseName = "", contenderName = "", warmUps = "1", repeats = "1"] = process.argv.slice(2);
const { benchCase } = (await import(`../cases/${caseName}.ts`)) as { benchCase: Case };
const report = await measure(benchCase, contenderName, Number(warmUps), Number(repeats)).catch(
  (error: unknown): Report => ({ failed: String(error) }),
);
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
