import { Wait } from "../../kernel/park.ts";
import type { AfterMark, Scope } from "../../kernel/scope.ts";
import type { CallRecord } from "./call-record.ts";
import type { HttpResponse } from "./response.ts";

/** What is told when its one waiter is cancelled. */
export interface Cancellable {
  cancelled(): void;
  /** It is being cancelled, perhaps with many others, and {@link cancelled} follows: nobody is to do anything for it meanwhile. */
  leaving(): void;
}

/** The wait of the one who asked. */
export class CallWait extends Wait<HttpResponse> {
  readonly #record: CallRecord;
  readonly #call: Cancellable;

  constructor(scope: Scope, record: CallRecord, call: Cancellable) {
    super(scope);
    this.#record = record;
    this.#call = call;
  }

  get label(): string {
    return this.#record.label;
  }

  protected unlink(after: AfterMark): void {
    this.#call.leaving();
    after.notices.push(() => this.#call.cancelled());
  }
}
