import type { LimitOption } from "../../io/stream/stream-options.ts";
import type { BodyLimit } from "../body/body-limit.ts";
import { jsonOf, textOf } from "../body/body-text.ts";
import type { StandardSchema } from "../body/standard-schema.ts";
import type { HttpResponse } from "./response.ts";

/**
 * A promise of a response, which can also be asked for its body at once: `await http.get(url).text()`. Asked so, the response closes
 * itself.
 *
 * The request is on its way whether or not anybody waits; a failure that nobody hears of is an unhandled rejection, as of any promise.
 */
export class ResponsePromise implements Promise<HttpResponse> {
  readonly #promise: Promise<HttpResponse>;

  /** @internal */
  constructor(promise: Promise<HttpResponse>) {
    this.#promise = promise;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  then<A = HttpResponse, B = never>(
    onFulfilled?: ((response: HttpResponse) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#promise.then(onFulfilled, onRejected);
  }

  catch<B = never>(
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<HttpResponse | B> {
    return this.#promise.catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<HttpResponse> {
    return this.#promise.finally(onFinally);
  }

  get [Symbol.toStringTag](): string {
    return "ResponsePromise";
  }

  /** {@link HttpResponse.text} of the response. */
  text(options?: BodyLimit): Promise<string> {
    return this.#promise.then(
      options === undefined ? plainText : (response) => closing(response, () => response.text(options)),
    );
  }

  /** {@link HttpResponse.json} of the response. */
  json(options?: BodyLimit): Promise<unknown>;
  json<T>(schema: StandardSchema<T>, options?: BodyLimit): Promise<T>;
  json<T>(first?: BodyLimit | StandardSchema<T>, options?: BodyLimit): Promise<unknown> {
    return this.#promise.then(
      first === undefined
        ? plainJson
        : (response) => closing(response, () => response.json(first as StandardSchema<T>, options)),
    );
  }

  /** {@link HttpResponse.bytes} of the response. */
  bytes(options?: BodyLimit): Promise<Uint8Array> {
    return this.#promise.then((response) => closing(response, () => response.bytes(options)));
  }

  /** {@link HttpResponse.lines} of the response. Leaving the loop closes the response. */
  async *lines(options?: LimitOption): AsyncGenerator<string, undefined, undefined> {
    const response = await this.#promise;
    try {
      yield* response.lines(options);
    } finally {
      await response.close();
    }
    return undefined;
  }
}

function plainText(response: HttpResponse): string | Promise<string> {
  const { body } = response;
  return body.isComplete ? body.whole(textOf) : closed(response, () => response.text());
}

function plainJson(response: HttpResponse): unknown {
  const { body } = response;
  return body.isComplete ? body.whole(jsonOf) : closed(response, () => response.json());
}

/** What has come is read with no more ado: there is nothing to close. */
function closing<T>(response: HttpResponse, read: () => Promise<T>): Promise<T> {
  return response.body.isComplete ? read() : closed(response, read);
}

async function closed<T>(response: HttpResponse, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } finally {
    await response.close();
  }
}
