/** The floor: a socket of `node:net`, a search for the end of the head, and one write. It checks nothing, so it is no server. */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { answerQuestions, usage } from "../answering.ts";
import { greeting, record, WAIT_MS } from "./work.ts";

const END = "\r\n\r\n";

function send(socket: Socket, type: string, body: string): void {
  socket.write(
    `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    "latin1",
  );
}

function answer(socket: Socket, path: string, body: string): void {
  if (path === "/hello") send(socket, "text/plain", greeting);
  else if (path === "/json") send(socket, "application/json", JSON.stringify(record()));
  else if (path === "/echo") send(socket, "application/json", JSON.stringify(JSON.parse(body)));
  else setTimeout(send, WAIT_MS, socket, "text/plain", greeting);
}

const server = createServer((socket) => {
  let text = "";
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    const end = text.indexOf(END);
    if (end < 0) return;
    const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
    const bodyAt = end + END.length;
    if (length !== undefined && text.length < bodyAt + Number(length)) return;
    const pathAt = text.indexOf(" ") + 1;
    const path = text.slice(pathAt, text.indexOf(" ", pathAt));
    const body = text.slice(bodyAt);
    text = "";
    answer(socket, path, body);
  });
});
server.listen(0, "127.0.0.1", 4_096, () => {
  void answerQuestions({ port: (server.address() as AddressInfo).port }, usage);
});
