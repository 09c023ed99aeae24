/** An nginx with one worker that answers from its configuration: what the kernel and a server in C take. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { greeting, record } from "../../plain/http/work.ts";
import { APT, isInstalled, pinned, type Program, type Side } from "./machine.ts";

const PATIENCE_MS = 5_000;

function configuration(port: number): string {
  return `
${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes 1;
worker_rlimit_nofile 16384;
error_log stderr crit;
pid nginx.pid;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /hello { default_type text/plain; return 200 "${greeting}"; }
    location = /json { default_type application/json; return 200 '${JSON.stringify(record()).replaceAll("'", "\\'")}'; }
  }
}
`;
}

export async function startNginx(side: Side): Promise<Program> {
  if (!isInstalled("nginx", "-v")) throw new Error(`nginx is not installed (${APT})`);
  const folder = mkdtempSync(join(tmpdir(), "tsyncio-bench-nginx-"));
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration(port));
  const [program, ...args] = pinned(side, ["nginx", "-p", folder, "-c", file, "-g", "daemon off;"]);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const until = performance.now() + PATIENCE_MS;
  while (!(await answers(port))) {
    if (performance.now() < until && child.exitCode === null) continue;
    await stop();
    throw new Error("nginx does not listen");
  }
  return { pid: child.pid ?? 0, port, talk: null, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return false;
  } finally {
    socket.destroy();
  }
}
