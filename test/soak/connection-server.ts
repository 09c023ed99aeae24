/** The server of `connections.test.ts`, in a process of its own: it echoes, and says what it holds when so many connections are left. */
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { listen, type ByteStream } from "../../src/io.ts";
import { holdings, type Holdings } from "./holdings.ts";

export interface ServerReport {
  readonly port: number;
  readonly holdings: Holdings;
  readonly accepted: number;
  readonly refused: number;
  readonly acceptErrors: number;
}

/** Asks for a report once so many connections are open, or after the server was closed. */
export type ServerQuestion = { readonly connections: number } | "close";

async function echo(stream: ByteStream): Promise<void> {
  for await (const chunk of stream) await stream.write(chunk);
}

if (process.send !== undefined) {
  process.on("disconnect", () => process.exit());
  let questions = Promise.resolve();
  process.on("message", (question: ServerQuestion) => {
    questions = questions.then(() => answer(question));
  });
  const before = await holdings();
  const server = await listen({ host: "127.0.0.1", port: 0 }, echo, { backlog: 4_096 });
  const report = (held: Holdings): void => {
    const { accepted, refused, acceptErrors } = server.stats();
    process.send?.({ port: server.port, holdings: held, accepted, refused, acceptErrors });
  };
  const answer = async (question: ServerQuestion): Promise<void> => {
    if (question === "close") await server.close();
    else while (server.stats().connections !== question.connections) await pause(20);
    report(await holdings());
  };
  report(before);
}
