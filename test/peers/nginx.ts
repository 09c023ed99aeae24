/** An nginx of our own: with its files in a folder of its own, on loopback, stopped with the test. */
import { writeFileSync } from "node:fs";
import { Folder, freePort, Running } from "./programs.ts";

export class Nginx implements AsyncDisposable {
  readonly port: number;
  readonly folder: Folder;
  readonly #running: Running;

  private constructor(port: number, folder: Folder, running: Running) {
    this.port = port;
    this.folder = folder;
    this.#running = running;
  }

  /** `http`: what stands in the block of that name; the server's block is `server`. Files are served from `www` in the folder. */
  static async start(server: string, http: string = "", folder: Folder = new Folder()): Promise<Nginx> {
    const port = await freePort();
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${folder.at(name)};`)
      .join("\n");
    const user = process.getuid?.() === 0 ? "user root;" : "";
    writeFileSync(
      folder.at("nginx.conf"),
      `${user}
worker_processes 1;
pid ${folder.at("pid")};
error_log stderr notice;
events { worker_connections 512; }
http {
  access_log off;
  default_type application/octet-stream;
  ${temporary}
  ${http}
  server {
    listen 127.0.0.1:${port};
    server_name localhost;
    root ${folder.at("www")};
    ${server}
  }
}
`,
    );
    const running = new Running("nginx", [
      "-p",
      folder.path,
      "-c",
      folder.at("nginx.conf"),
      "-e",
      "stderr",
      "-g",
      "daemon off;",
    ]);
    try {
      await running.wrote(/start worker process \d+/);
    } catch (error) {
      await running[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
      throw error;
    }
    return new Nginx(port, folder, running);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it has said. */
  get log(): string {
    return this.#running.written;
  }

  /** Reads its configuration again: new workers begin, the old ones close their idle connections and end. */
  async reload(): Promise<void> {
    const start = this.log.length;
    this.#running.signal("SIGHUP");
    await this.#running.wrote(/worker process \d+ exited/, start);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }
}
