/**
 * 1,000,000 lines of 40 to 60 bytes through one stream. The source is a process of its own, on loopback; the clock runs from the
 * connection to the last line. All but "in the chunk loop" and `lineBatches` give one line at a time to a `for await`, which is what a
 * program has that passes lines on; these two are what the others would be if no line ever had to wait.
 */
import { connect, type Socket } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect as connectStream } from "../../src/io.ts";
import { atMost, type Case } from "../harness/contract.ts";
import { figureOf } from "../harness/servers.ts";
import { TalkingProcess } from "../harness/talking-process.ts";
import { LineSum, sumOfLines } from "../plain/line-source.ts";

let source: Promise<TalkingProcess> | null = null;

async function sourcePort(count: number): Promise<number> {
  const file = fileURLToPath(new URL("../plain/line-source.ts", import.meta.url));
  source ??= TalkingProcess.start(process.execPath, ["--no-warnings", file, String(count)]);
  return figureOf((await source).ready, "port");
}

async function connected(count: number): Promise<Socket> {
  return connect(await sourcePort(count), "127.0.0.1");
}

async function readline(count: number): Promise<number> {
  const lines = new LineSum();
  const input = await connected(count);
  for await (const line of createInterface({ input, crlfDelay: Infinity })) lines.add(line);
  return lines.sum;
}

async function* splitLines(socket: Socket): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of socket.setEncoding("utf8") as AsyncIterable<string>) {
    const pieces = (rest + chunk).split("\n");
    rest = pieces.pop() ?? "";
    yield* pieces;
  }
  if (rest !== "") yield rest;
}

async function readable(count: number): Promise<number> {
  const lines = new LineSum();
  for await (const line of splitLines(await connected(count))) lines.add(line);
  return lines.sum;
}

async function inline(count: number): Promise<number> {
  const lines = new LineSum();
  const socket = await connected(count);
  let rest = "";
  for await (const chunk of socket.setEncoding("utf8") as AsyncIterable<string>) {
    const pieces = (rest + chunk).split("\n");
    rest = pieces.pop() ?? "";
    for (const line of pieces) lines.add(line);
  }
  if (rest !== "") lines.add(rest);
  return lines.sum;
}

async function tsyncio(count: number): Promise<number> {
  const lines = new LineSum();
  await using stream = await connectStream({ host: "127.0.0.1", port: await sourcePort(count) });
  for await (const line of stream.lines()) lines.add(line);
  return lines.sum;
}

async function byTheArray(count: number): Promise<number> {
  const lines = new LineSum();
  await using stream = await connectStream({ host: "127.0.0.1", port: await sourcePort(count) });
  for await (const batch of stream.lineBatches()) for (const line of batch) lines.add(line);
  return lines.sum;
}

export const benchCase: Case = {
  name: "lines",
  title: "1,000,000 lines through one stream",
  count: 1_000_000,
  figures: ["time"],
  reference: "readline",
  checksum: sumOfLines,
  warmUps: 1,
  repeats: 5,
  contenders: {
    readline,
    Readable: readable,
    "Readable, in the chunk loop": inline,
    tsyncio,
    "tsyncio, lineBatches": byTheArray,
  },
  targets: [atMost(0.5, "readline"), atMost(0.5, "Readable")],
};
