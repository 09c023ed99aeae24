import { show } from "../../base/check.ts";
import { TsyncioError } from "../../base/tsyncio-error.ts";

/** Events came faster than the loop took them, and there was no room left. */
export class EventOverflow extends TsyncioError {
  static readonly code = "TSY_EVENT_OVERFLOW";
  readonly capacity: number;

  constructor(name: string | symbol, capacity: number) {
    super(
      EventOverflow.code,
      `more than ${capacity} ${show(name)} events waited for the loop over them, and one was lost. Take them faster, raise capacity, or ` +
        `say with overflow which ones may be dropped.`,
    );
    this.capacity = capacity;
  }
}
