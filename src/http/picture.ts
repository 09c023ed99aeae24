/**
 * How objects of ours look where a program shows them: in `console.log`, in a debugger, in the message of a test. What they are is private or
 * large, and some of it must not be seen: what vouches for somebody.
 */

/** Under it Node, Bun and Deno look for what is shown in place of an object. */
const PICTURE = Symbol.for("nodejs.util.inspect.custom");

/** From now on `make` says how the objects of a class are shown. */
export function pictured<T extends object>(
  ofClass: { readonly prototype: T },
  make: (object: T) => object,
): void {
  Object.defineProperty(ofClass.prototype, PICTURE, {
    value(this: T): object {
      try {
        return make(this);
      } catch {
        // A proxy, or what was made with such an object as its prototype, has nothing private: it is shown as any other.
        return this;
      }
    },
  });
}

/** What is shown as `name { ...fields }`. */
export function picture(name: string, fields: object): object {
  const Named = { [name]: class {} }[name] ?? Object;
  return Object.defineProperties(new Named(), Object.getOwnPropertyDescriptors(fields));
}

/** Fields that may vouch for somebody; such names are also given to fields of one's own. */
const secret = /auth(?!enticate)|cookie|token|secret|password|session|api-?key|credential/i;

/** Header fields, without the values of those that may be secret. */
export function pictureOfHeaders(
  name: string,
  headers: Iterable<readonly [name: string, value: string]>,
): object {
  // A peer may call a field "constructor".
  const fields = new Map<string, string | string[]>();
  for (const [field, given] of headers) {
    const value = secret.test(field) ? "***" : given;
    const before = fields.get(field);
    fields.set(field, before === undefined ? value : [before, value].flat());
  }
  return picture(name, Object.fromEntries(fields));
}

/** What of a message is shown. */
interface ShownResponse {
  readonly status: number;
  readonly reason: string;
  readonly url: string;
  readonly headers: object;
  readonly body: {
    readonly isComplete: boolean;
    readonly isAtEnd: boolean;
    readonly bufferedBytes: number;
  };
}

export function pictureOfResponse({ status, reason, url, headers, body }: ShownResponse): object {
  const come = body.isComplete ? "all has come" : "more is to come";
  const state = body.isAtEnd ? "at its end" : `${body.bufferedBytes} bytes to be read, ${come}`;
  return picture("HttpResponse", { status, reason, url, headers, body: state });
}
