import { checkCount } from "../../base/check.ts";
import { checkKnown } from "../check-options.ts";

/** How much of a message is taken before it is refused. All are checked while the bytes come, before memory is taken for more. */
export interface WireLimits {
  /** Bytes of a method. More gets 501. */
  readonly methodBytes: number;
  /** Bytes of a request line or status line, without its end. More gets 414. */
  readonly requestLineBytes: number;
  /** Bytes of a head from its first line to its empty line, both included. More gets 431. */
  readonly headBytes: number;
  /** Fields in a head, and fields in a trailer. More gets 431. */
  readonly fieldCount: number;
  /** Bytes of a body. More gets 413; where the length is announced, before anything of the body is read. */
  readonly bodyBytes: number;
  /** Bytes of a trailer section, its empty line included. More gets 431. */
  readonly trailerBytes: number;
  /** Bytes of chunk extensions in a whole body. More gets 400. */
  readonly chunkExtensionBytes: number;
  /** Empty lines before a request line; old clients send one behind a form. */
  readonly emptyLines: number;
  /** Interim responses (1xx) before a final one. */
  readonly interimResponses: number;
}

export const wireLimits: WireLimits = {
  methodBytes: 32,
  requestLineBytes: 8_192,
  headBytes: 16_384,
  fieldCount: 100,
  bodyBytes: Infinity,
  trailerBytes: 8_192,
  chunkExtensionBytes: 4_096,
  emptyLines: 1,
  interimResponses: 32,
};

/**
 * The limits with those that are `given` in place of their defaults.
 * @throws {InvalidArgument} which names what is wrong.
 */
export function limitsOf(caller: string, given: Partial<WireLimits>): WireLimits {
  checkKnown(`limits of ${caller}`, given, names);
  const limits: Record<string, number> = { ...wireLimits };
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) limits[name] = checkCount(`${name} in limits of ${caller}`, value, 0);
  return limits as unknown as WireLimits;
}

const names: ReadonlySet<string> = new Set(Object.keys(wireLimits));
