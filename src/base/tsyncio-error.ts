import { errorCodes, type ErrorCode } from "./error-registry.ts";

/** Under this symbol an error carries its code, so that two installed copies of the package recognise each other's errors. */
const brand = Symbol.for("tsyncio.error");

/** The code under which any copy of the package raised `value`, or `undefined` where it is no error of ours. */
export function brandOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !(brand in value)) return undefined;
  return (value as { [brand]: string })[brand];
}

/**
 * What all errors of the library have in common: a `code` for programs and a message for people that opens with it.
 *
 * `instanceof` goes by brand, not by class identity: an error made by another installed copy counts. Each subclass has a
 * static `code`; a class that a user derives from one of ours is told apart in the ordinary way.
 */
export class TsyncioError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
  }

  /** From the class, not from `code`: the engine reads it for the head of the stack before any field is set. */
  override get name(): string {
    return errorCodes[(this.constructor as unknown as { code: ErrorCode }).code] ?? "TsyncioError";
  }

  static {
    Object.defineProperty(this.prototype, brand, {
      get(this: TsyncioError): string {
        return this.code;
      },
    });
  }

  static override [Symbol.hasInstance](this: Function, value: unknown): boolean {
    const found = brandOf(value);
    if (found === undefined) return false;
    if (this === TsyncioError) return true;
    if (Object.hasOwn(this, "code")) return found === (this as unknown as { code: string }).code;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }
}

/** A call was given a value it cannot work with. Thrown at the call, before anything was started. */
export class InvalidArgument extends TsyncioError {
  static readonly code = "TSY_INVALID_ARGUMENT";

  constructor(message: string) {
    super(InvalidArgument.code, message);
  }
}
