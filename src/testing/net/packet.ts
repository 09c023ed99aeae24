/** What goes over a network in memory. */
import type { Engine } from "../../kernel/engine.ts";
import type { Observed } from "../../kernel/instrument.ts";

/** What goes over a connection, besides bytes. */
export type Signal = "open" | "opened" | "refused" | "end" | "reset";
export type Packet = Uint8Array | Signal;

/** Calls `callback` later, in the root context: in the next turn, or when the guide of a simulation lets it. */
export function soon(who: Observed & { readonly engine: Engine }, callback: () => void): void {
  const { engine } = who;
  engine.turn.defer(() => engine.guard(callback), who);
}
