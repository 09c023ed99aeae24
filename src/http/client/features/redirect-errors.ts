import { HttpRequestError, type RequestFacts } from "../request-errors.ts";

/** A request was sent on from place to place more often than `maxRedirects` allows. */
export class TooManyRedirects extends HttpRequestError {
  static readonly code = "TSY_TOO_MANY_REDIRECTS";
  readonly maxRedirects: number;

  /** `way`: the places it has been at. */
  constructor(facts: RequestFacts, maxRedirects: number, way: string) {
    super(
      TooManyRedirects.code,
      `was redirected more than ${maxRedirects} times: ${way}. Raise maxRedirects if the way is that long, or set it to 0 to look at the redirect yourself.`,
      facts,
    );
    this.maxRedirects = maxRedirects;
  }
}

/** A response asks for something that a redirect may not bring about. */
export class RedirectRefused extends HttpRequestError {
  static readonly code = "TSY_REDIRECT_REFUSED";
  readonly status: number;
  /** What the field `Location` says. */
  readonly location: string;

  constructor(facts: RequestFacts, redirect: { status: number; location: string; why: string }) {
    super(
      RedirectRefused.code,
      `was answered with a redirect (${redirect.status}) that is not followed: ${redirect.why}. ` +
        `Set maxRedirects to 0 to get the response itself.`,
      facts,
    );
    this.status = redirect.status;
    this.location = redirect.location;
  }
}
