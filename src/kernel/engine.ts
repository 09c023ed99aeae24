import type { Host } from "./host.ts";
import type { Instrument, LogRecord } from "./instrument.ts";
import { captureContext } from "./root-context.ts";
import { SlowSlices } from "./slow-slices.ts";
import { Timers } from "./timers.ts";
import { Turn } from "./turn.ts";

/** An instrument, and the context of the one who gave it, in which it is called. */
interface Installed {
  readonly instrument: Instrument;
  readonly inContext: <R>(callback: () => R) => R;
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
  instruments: readonly Installed[] | null = null;
  #slowSlices: SlowSlices | null = null;
  /** Whether a `run` is live on this runtime. */
  isRunning = false;
  /** Live tasks: services and background tasks included. */
  taskCount = 0;
  /** Where the runtime reports on itself. The default shows warnings through the host. */
  log: (record: LogRecord) => void;
  /** Where errors go that no caller can catch. The default hands them to the platform, which ends the process. */
  onUnhandled: (error: unknown) => void;

  constructor(host: Host, turn: Turn = new Turn(host), timers: Timers = new Timers(host)) {
    this.host = host;
    this.turn = turn;
    this.timers = timers;
    this.log = (record) => {
      if (record.level !== "debug") host.warn(`${record.code}: ${record.message}`);
    };
    this.onUnhandled = (error) => host.reportUncaught(error);
  }

  /**
   * Whether the runtime looks closer, at a price: slices of code that hold the event loop are reported, tasks remember where they
   * were spawned and cancellations where they were asked for, and holds that are dropped without a release are reported.
   */
  get debug(): boolean {
    return this.#slowSlices !== null;
  }

  set debug(on: boolean) {
    if (on === this.debug) return;
    if (this.#slowSlices !== null) this.removeInstrument(this.#slowSlices);
    const watch = on ? new SlowSlices((record) => this.log(record)) : null;
    this.#slowSlices = watch;
    this.turn.watch = watch === null ? null : (ms) => watch.turned(ms);
    if (watch !== null) this.addInstrument(watch);
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
    for (const { instrument, inContext } of this.instruments ?? []) {
      try {
        inContext(() => event(instrument));
      } catch (error) {
        this.removeInstrument(instrument);
        this.unhandled(error);
      }
    }
  }

  addInstrument(instrument: Instrument): void {
    this.instruments = [...(this.instruments ?? []), { instrument, inContext: captureContext() }];
  }

  removeInstrument(instrument: Instrument): void {
    const rest = (this.instruments ?? []).filter((installed) => installed.instrument !== instrument);
    this.instruments = rest.length === 0 ? null : rest;
  }
}
