/** What the thread that serves and the one that started it say to each other, on a port of their own. */
import type { Address } from "../../../io/net/address.ts";
import type { CloseReport, HttpServerStats } from "../http-server.ts";
import type { ServeOptions } from "../options.ts";

/** What a thread is told to serve. It is copied, but for the port, which is moved. */
export interface ThreadPlan {
  /** The address of the module that exports `handler`. */
  readonly module: string;
  readonly options: ServeOptions;
  readonly link: MessagePort;
}

export type ToServingThread =
  | { readonly kind: "close"; readonly drainMs: number | null }
  | { readonly kind: "stats"; readonly id: number };

export type FromServingThread =
  | { readonly kind: "listening"; readonly address: Address }
  | { readonly kind: "stats"; readonly id: number; readonly stats: HttpServerStats };

/** What the module for threads exports; `host/` has it. */
export interface ServingModule {
  serveInThread(plan: ThreadPlan): Promise<CloseReport>;
}
