import type { Host } from "./host.ts";
import type { Instrument } from "./instrument.ts";
import { inRoot } from "./root-context.ts";
import { Timers } from "./timers.ts";
import { Turn } from "./turn.ts";

/** What the runtime tells about itself. `code` names the kind of event; `message` says what, where, and what to do. */
export interface LogRecord {
  readonly level: "warning" | "debug";
  readonly code:
    | "TSY_STRAY_WORK"
    | "TSY_SWALLOWED_CANCEL"
    | "TSY_SLOW_SLICE"
    | "TSY_DROPPED_HOLD"
    | "TSY_TASK_RESTARTED";
  readonly message: string;
}

/**
 * What all scopes of one runtime share: its host, timers and turn, and where its news go. The public face is `Runtime`;
 * this part knows no scopes, so that scopes can know it.
 */
export class Engine {
  readonly host: Host;
  readonly turn: Turn;
  readonly timers: Timers;
  /** Null while nobody looks, so that the hot paths pay one comparison. */
  instruments: Instrument[] | null = null;
  debug = false;
  /** Live tasks: services and background tasks included. */
  taskCount = 0;
  /** Where the runtime reports on itself. The default shows warnings through the host. */
  log: (record: LogRecord) => void;
  /** Where errors go that no caller can catch. The default hands them to the platform, which ends the process. */
  onUnhandled: (error: unknown) => void;

  constructor(host: Host) {
    this.host = host;
    this.turn = new Turn(host, inRoot);
    this.timers = new Timers(host, inRoot);
    this.log = (record) => {
      if (record.level === "warning") host.warn(`${record.code}: ${record.message}`);
    };
    this.onUnhandled = (error) => host.reportUncaught(error);
  }

  /** Reports an error that no caller can catch. A broken reporter must not lose it. */
  unhandled(error: unknown): void {
    try {
      this.onUnhandled(error);
    } catch (failure) {
      this.host.reportUncaught(error);
      if (failure !== error) this.host.reportUncaught(failure);
    }
  }

  /** Runs foreign code that must not disturb the kernel. */
  guard(code: () => void): void {
    try {
      code();
    } catch (error) {
      this.unhandled(error);
    }
  }

  /** Tells the instruments. One that throws is removed, and its error reported. */
  tell(event: (instrument: Instrument) => void): void {
    for (const instrument of this.instruments ?? []) {
      try {
        event(instrument);
      } catch (error) {
        this.removeInstrument(instrument);
        this.unhandled(error);
      }
    }
  }

  addInstrument(instrument: Instrument): void {
    this.instruments = [...(this.instruments ?? []), instrument];
  }

  removeInstrument(instrument: Instrument): void {
    const rest = (this.instruments ?? []).filter((other) => other !== instrument);
    this.instruments = rest.length === 0 ? null : rest;
  }
}
