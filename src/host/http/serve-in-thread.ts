/** The module that a thread of `serveThreads` loads: it puts the platform beneath the server there. */
import "../install.ts";
import "../install-io.ts";
import "../install-http.ts";
import "../install-threads.ts";
import { serveHere } from "../../http/server/threads/serve-here.ts";
import type { ServingModule } from "../../http/server/threads/thread-messages.ts";

export const serveInThread: ServingModule["serveInThread"] = (plan) => serveHere(plan);
