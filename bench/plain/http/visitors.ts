/**
 * A client that holds connections open: `node visitors.ts`. On each it makes one GET request, reads the answer whole, and stays.
 * `{ port, open }` opens so many more, `{ port }` closes all.
 */
import { connect, type Socket } from "node:net";
import { answerQuestions, type Question } from "../answering.ts";

const BATCH = 250;
const REQUEST = "GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

const visitors = new Set<Socket>();
let lost = 0;

function visit(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(REQUEST));
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
    if (end < 0 || length === undefined || text.length < end + 4 + Number(length)) return;
    if (text.startsWith("HTTP/1.1 200 ")) resolve();
    else reject(new Error(`the answer is ${text}`));
  });
  socket.on("error", reject);
  socket.on("close", () => {
    if (visitors.delete(socket)) lost++;
    reject(new Error("the connection was closed"));
  });
  visitors.add(socket);
  return promise;
}

async function open(port: number, count: number): Promise<object> {
  for (let opened = 0; opened < count; opened += BATCH) {
    await Promise.all(Array.from({ length: Math.min(BATCH, count - opened) }, () => visit(port)));
  }
  return lost === 0 ? { open: visitors.size } : { failed: `${lost} connections were closed` };
}

function leave(): object {
  for (const socket of visitors) {
    visitors.delete(socket);
    socket.destroy();
  }
  lost = 0;
  return {};
}

await answerQuestions({}, async ({ port = 0, open: count }: Question) => {
  try {
    return count === undefined ? leave() : await open(port, count);
  } catch (error) {
    return { failed: String(error) };
  }
});
