/** A client that sends bytes as they are, and takes responses apart by the plainest means. */
import { connect, type Address, type ByteStream, type ConnectOptions } from "../../../src/io.ts";

/** What comes behind a head. */
interface Content {
  readonly body: string;
  readonly trailers: string;
}

export interface RawResponse extends Content {
  readonly status: number;
  /** The lines of the head, without the first, names in small letters. */
  readonly fields: ReadonlyMap<string, string>;
}

const nothing: Content = { body: "", trailers: "" };

/** `GET /path` with a host, and what else is given. */
export function get(path: string = "/", fields: string = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: test\r\n${fields}\r\n`;
}

export function post(path: string, body: string, fields: string = ""): string {
  const { length } = new TextEncoder().encode(body);
  return `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: ${length}\r\n${fields}\r\n${body}`;
}

export class RawClient implements AsyncDisposable {
  readonly stream: ByteStream;

  constructor(stream: ByteStream) {
    this.stream = stream;
  }

  static async to(address: Address, options: ConnectOptions = {}): Promise<RawClient> {
    return new RawClient(await connect(address, options));
  }

  async send(text: string | Uint8Array): Promise<void> {
    await this.stream.write(text);
  }

  /** Sends a request, and takes its response. */
  async ask(text: string): Promise<RawResponse> {
    await this.send(text);
    return this.response(text.startsWith("HEAD "));
  }

  async response(isHead: boolean = false): Promise<RawResponse> {
    const lines = await this.#lines();
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(lines[0] ?? "")?.[1]);
    const fields = new Map<string, string>();
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      if (fields.has(name)) throw new Error(`the response has two fields ${name}`);
      fields.set(name, line.slice(colon + 1).trim());
    }
    const isEmpty = isHead || status < 200 || status === 204 || status === 304;
    return { status, fields, ...(isEmpty ? nothing : await this.#content(fields)) };
  }

  /** Everything up to the end of the server's data. */
  rest(): Promise<string> {
    return this.stream.readText();
  }

  /** Ends our data. */
  end(): Promise<void> {
    return this.stream.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stream.close();
  }

  async #content(fields: ReadonlyMap<string, string>): Promise<Content> {
    const length = fields.get("content-length");
    if (length !== undefined) {
      const bytes = await this.stream.readExactly(Number(length));
      return { body: new TextDecoder().decode(bytes), trailers: "" };
    }
    if (fields.get("transfer-encoding") !== "chunked")
      return { body: await this.stream.readText(), trailers: "" };
    let body = "";
    for (let chunk = await this.#chunk(); chunk !== ""; chunk = await this.#chunk()) body += chunk;
    return { body, trailers: (await this.#lines()).join("\n") };
  }

  async #lines(): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.stream.readLine();
      if (line === null)
        throw new Error(`the server ended its data in the head: ${JSON.stringify(lines)}`);
      if (line === "") return lines;
      lines.push(line);
    }
  }

  /** The data of a chunk; nothing for the last one. */
  async #chunk(): Promise<string> {
    const size = parseInt((await this.stream.readLine()) ?? "", 16);
    if (size === 0) return "";
    const data = await this.stream.readExactly(size);
    await this.stream.readExactly(2);
    return new TextDecoder().decode(data);
  }
}
