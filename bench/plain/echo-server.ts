/** An echo server of the kind that is named, in a process of its own: `node echo-server.ts KIND`. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import process from "node:process";
import { listen, type ByteStream } from "../../src/io.ts";
import { answerQuestions, usage } from "./answering.ts";

const open = new Set<Socket>();

/** As one writes it with care: a slow peer stops the reading, and whoever is connected is known. */
function careful(socket: Socket): void {
  open.add(socket);
  socket.setNoDelay(true);
  socket.on("data", (chunk) => {
    if (!socket.write(chunk)) socket.pause();
  });
  socket.on("drain", () => socket.resume());
  socket.on("end", () => socket.end());
  socket.on("error", () => socket.destroy());
  socket.on("close", () => open.delete(socket));
}

/** In the style of ours: one function for a connection, from its start to its end. */
async function structured(socket: Socket): Promise<void> {
  open.add(socket);
  socket.setNoDelay(true);
  try {
    for await (const chunk of socket) if (!socket.write(chunk as Buffer)) await once(socket, "drain");
    socket.end();
  } catch {
    socket.destroy();
  } finally {
    open.delete(socket);
  }
}

/** As in examples: nothing bounds what is kept for a slow peer. */
function naive(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("error", () => socket.destroy());
}

async function echo(stream: ByteStream): Promise<void> {
  for (;;) {
    const chunk = await stream.read();
    if (chunk === null) return;
    await stream.write(chunk);
  }
}

async function loop(stream: ByteStream): Promise<void> {
  for await (const chunk of stream) await stream.write(chunk);
}

const plain = { careful, naive, structured };
const ours = { read: echo, loop };

function listening(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, "127.0.0.1", 4_096, () => resolve((server.address() as AddressInfo).port));
  return promise;
}

const kind = process.argv[2] ?? "";
const at = { host: "127.0.0.1", port: 0 };
const port =
  kind in plain
    ? await listening(
        createServer({ allowHalfOpen: true }, (socket) => void plain[kind as keyof typeof plain](socket)),
      )
    : (await listen(at, ours[kind as keyof typeof ours], { backlog: 4_096 })).port;
await answerQuestions({ port }, usage);
