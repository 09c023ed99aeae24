/** `node:http` with an agent that keeps connections. */
import { Agent, get, type IncomingMessage } from "node:http";
import { drive } from "./driver.ts";

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function responseOf(url: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get(url, { agent }, resolve).on("error", reject);
  return promise;
}

await drive({
  async get(url) {
    const response = await responseOf(url);
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk as string;
    return text;
  },
  async stream(url) {
    let bytes = 0;
    for await (const chunk of await responseOf(url)) bytes += (chunk as Buffer).length;
    return bytes;
  },
});
