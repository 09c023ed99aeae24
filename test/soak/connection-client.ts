/** A client of `connections.test.ts`, in a process of its own: it opens connections, plays ping-pong on each of them, and closes them. */
import { connect, type Socket } from "node:net";
import process from "node:process";

/** What to do, and when to say `"done"`: all are open; each has had so many echoes; all are closed. */
export type Order =
  | { readonly open: number; readonly port: number }
  | { readonly play: number }
  | "close";

const MESSAGE_BYTES = 512;
const sockets: Socket[] = [];

function opened(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ port, host: "127.0.0.1" }, resolve);
  socket.on("error", reject);
  sockets.push(socket);
  return promise;
}

/** Some at a time, so that no backlog runs over. */
async function open(count: number, port: number): Promise<void> {
  for (let left = count; left > 0; left -= 250)
    await Promise.all(Array.from({ length: Math.min(250, left) }, () => opened(port)));
}

/** Each message is different, and has to come back as it was sent before the next one goes. */
function played(socket: Socket, connection: number, count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let sent = 0;
  let echo = Buffer.alloc(0);
  let message = echo;
  const send = (): void => {
    message = Buffer.alloc(MESSAGE_BYTES, `${connection} ${++sent};`);
    socket.write(message);
  };
  const lost = (): void => reject(new Error("a connection was lost"));
  const arrived = (chunk: Buffer): void => {
    echo = Buffer.concat([echo, chunk]);
    if (echo.length < MESSAGE_BYTES) return;
    if (!echo.equals(message)) reject(new Error("an echo was not what had been sent"));
    echo = Buffer.alloc(0);
    if (sent < count) {
      send();
      return;
    }
    socket.off("data", arrived).off("close", lost);
    resolve();
  };
  socket.on("data", arrived).on("close", lost);
  send();
  return promise;
}

/** Half of them end their data and wait for the server's end, half are reset. */
async function close(): Promise<void> {
  const closed = sockets.map((socket, index) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.on("close", () => resolve());
    if (index % 2 === 0) socket.resume().end();
    else socket.resetAndDestroy();
    return promise;
  });
  await Promise.all(closed);
}

async function follow(order: Order): Promise<void> {
  if (order === "close") await close();
  else if ("open" in order) await open(order.open, order.port);
  else await Promise.all(sockets.map((socket, index) => played(socket, index, order.play)));
}

process.on("disconnect", () => process.exit());
process.on("message", (order: Order) => {
  void follow(order).then(
    () => process.send?.("done"),
    (error: unknown) => process.send?.(String(error)),
  );
});
