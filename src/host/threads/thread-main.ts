/** The program of a thread: the default runtime serves the calls of the pool. */
import "../install.ts";
import "../install-threads.ts";
import { parentPort, workerData, type Transferable } from "node:worker_threads";
import { inRoot } from "../../kernel/root-context.ts";
import { currentRuntime } from "../../kernel/runtime.ts";
import { Marks } from "../../threads/marks.ts";
import type { ToThread } from "../../threads/messages.ts";
import { ThreadServer, type Namespace, type ServerLink } from "../../threads/server.ts";

const { marks, modules } = workerData as { marks: SharedArrayBuffer; modules: readonly string[] };

const link: ServerLink = {
  post: (message, moved) => parentPort?.postMessage(message, moved as Transferable[]),
  load: (address) => inRoot(() => import(address) as Promise<Namespace>),
};

const server = new ThreadServer(currentRuntime(), link, new Marks(marks));
parentPort?.on("message", (message: ToThread) => server.receive(message));
void server.start(modules);
