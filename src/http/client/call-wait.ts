import { Wait } from "../../kernel/park.ts";
import type { AfterMark, Scope } from "../../kernel/scope.ts";
import type { CallRecord } from "./call-record.ts";
import { HttpRequestError } from "./request-errors.ts";
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

  /** The error was made in a callback of the platform, where nobody of the program is to be seen: its stack gets who waits here. */
  override fail(error: unknown): void {
    this.#endWith(() => failing(error));
  }

  /** Ends the wait with what `other` comes to. */
  become(other: Promise<HttpResponse>): void {
    // It may fail before it is delivered. Who listens besides hides from stacks who awaits it: so nobody does where that is not needed.
    if (!this.#endWith(() => other)) other.catch(() => {});
  }

  /** Gives whether it was delivered at once. */
  #endWith(outcome: () => Promise<HttpResponse>): boolean {
    const { resolve } = this;
    let isDelivered = false;
    this.resolve = () => {
      isDelivered = true;
      resolve(outcome() as Promise<never>);
    };
    this.wake(pending);
    return isDelivered;
  }

  protected unlink(after: AfterMark): void {
    this.#call.leaving();
    after.notices.push(() => this.#call.cancelled());
  }
}

/** In place of a result that is made when it is delivered. */
const pending = new Promise<never>(() => {});

/** Errors whose stacks have who waited. What the source of a body throws may be the error of another request, and come again. */
const shown = new WeakSet<HttpRequestError>();
const turn: Promise<void> = Promise.resolve();

async function failing(error: unknown): Promise<never> {
  // The wait takes this promise over behind the first of these; from then on a way leads from here to whoever awaits it.
  await turn;
  await turn;
  if (error instanceof HttpRequestError && !shown.has(error)) {
    shown.add(error);
    // Does nothing to one that is frozen.
    Reflect.set(error, "stack", `${error.stack}${callersIn(new Error("here").stack)}`);
  }
  throw error;
}

/** The frames of those who await the function whose stack it is, each behind the end of a line. */
function callersIn(stack: string = ""): string {
  const callers = /(?:\n +at async [^\n]+)+$/.exec(stack);
  return callers === null ? "" : callers[0];
}
