/** What HTTP asks of the process: its environment, and the channels on which it tells what it does. */
import { channel } from "node:diagnostics_channel";
import { env } from "node:process";
import type { Environment, TraceChannel } from "../../http/platform.ts";

export function environment(): Environment {
  return env;
}

export function traceChannel(name: string): TraceChannel {
  return channel(name);
}
