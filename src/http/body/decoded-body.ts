/**
 * The body of a message whose content is coded: what comes on the connection goes through a stage for each coding, and out of the last one
 * into an {@link IncomingBody}.
 *
 * Invariants
 * - The connection is told to pause and resume only while the message still comes on it: afterwards it may serve another one.
 * - What comes out of each stage is limited against what came on the connection: a short code of an endless content is found out early.
 * - When the body has ended, has failed or was closed, no decoder is open.
 */
import { checkCount } from "../../base/check.ts";
import { isSimulated } from "../../io/net/network.ts";
import type { Host } from "../../kernel/host.ts";
import { decodedAtOnce } from "./at-once.ts";
import type { BodyReceiver, BodySource } from "./body-source.ts";
import { codingsIn } from "./content-codings.ts";
import type { Coding, CodingFault } from "./decoder.ts";
import { DecodingStage, type Decoding } from "./decoding-stage.ts";
import { BodyTooLarge, ContentCodingFailed } from "./errors.ts";
import { IncomingBody } from "./incoming-body.ts";

/** How a coded content is bounded. */
export interface DecodingLimits {
  /** How many times as long as its code it may be, once it has more than 1 MiB. Default 200. */
  readonly maxRatio?: number;
  /** How many bytes it may have. Default `Infinity`: reads of a whole body have a limit of their own. */
  readonly maxBytes?: number;
}

/** A content as short as this may be as long as it likes, compared with its code. */
const RATIO_FREE_BYTES = 1_048_576;
const MAX_RATIO = 200;

/** @throws {InvalidArgument} for what is no limit. */
export function checkDecodingLimits(limits: DecodingLimits): Required<DecodingLimits> {
  const { maxRatio = MAX_RATIO, maxBytes = Infinity } = limits;
  return {
    maxRatio: checkCount("maxRatio", maxRatio),
    maxBytes: checkCount("maxBytes of a decoded body", maxBytes),
  };
}

/** A body, and where its connection delivers what it is decoded from. */
export interface DecodedBody {
  readonly body: IncomingBody;
  /** To be closed by the connection: that closes the body, and what decodes it. */
  readonly receiver: BodyReceiver;
}

/**
 * The body of a content whose codings the value of `Content-Encoding` names. `whole` has the coded bytes if they have come already; null where
 * the source delivers them. Of codings that are not known comes a body whose reads say so.
 */
export function decodedBody(
  source: BodySource,
  codings: string,
  whole: Uint8Array | null,
  { host, ...limits }: Required<DecodingLimits> & { readonly host: Host },
): DecodedBody {
  let known: Coding[];
  try {
    known = codingsIn(codings, source.name);
  } catch (error) {
    const body = new IncomingBody(source, null);
    body.close(error as Error);
    return { body, receiver: body };
  }
  if (known.length === 0) return plain(new IncomingBody(source, whole));
  const content = whole === null ? null : decodedAtOnce(known, whole, limits.maxBytes);
  if (content !== null) return plain(new IncomingBody(new DecodedSource(source, null), content));
  const chain = new DecodingChain(source, known, limits, isSimulated(host) ? host : null);
  if (whole !== null) {
    chain.arrived(whole);
    chain.ended();
  }
  return { body: chain.body, receiver: chain };
}

function plain(body: IncomingBody): DecodedBody {
  return { body, receiver: body };
}

/** What the body knows about its source: all but the length, which is that of the code. */
class DecodedSource implements BodySource {
  readonly announcedBytes = null;
  readonly #source: BodySource;
  readonly #chain: DecodingChain | null;

  constructor(source: BodySource, chain: DecodingChain | null) {
    this.#source = source;
    this.#chain = chain;
  }

  get name(): string {
    return this.#source.name;
  }

  get contentType(): string | null {
    return this.#source.contentType;
  }

  get maxBytes(): number {
    return this.#source.maxBytes;
  }

  pause(): void {
    this.#chain?.last.hold();
  }

  resume(): void {
    this.#chain?.last.release();
  }

  wanted(): void {
    this.#source.wanted?.();
  }

  closed(): void {
    this.#chain?.giveUp();
  }
}

class DecodingChain implements BodyReceiver, Decoding {
  readonly body: IncomingBody;
  readonly simulated: Host | null;
  readonly first: DecodingStage;
  readonly last: DecodingStage;
  readonly #source: BodySource;
  readonly #limits: Required<DecodingLimits>;
  readonly #stages: readonly DecodingStage[];
  #codedBytes = 0;
  #isComing = true;
  #isOver = false;

  constructor(
    source: BodySource,
    codings: readonly Coding[],
    limits: Required<DecodingLimits>,
    simulated: Host | null,
  ) {
    this.#source = source;
    this.#limits = limits;
    this.simulated = simulated;
    this.body = new IncomingBody(new DecodedSource(source, this), null);
    // The last one to have been applied is the first to be undone.
    const stages = codings.map((coding) => new DecodingStage(coding, this)).reverse();
    for (const [index, stage] of stages.entries()) stages[index + 1]?.follow(stage);
    this.#stages = stages;
    this.first = stages[0] as DecodingStage;
    this.last = stages.at(-1) as DecodingStage;
  }

  arrived(bytes: Uint8Array): void {
    if (this.#isOver || bytes.length === 0) return;
    this.#codedBytes += bytes.length;
    this.first.take(bytes);
  }

  ended(): void {
    this.#isComing = false;
    if (!this.#isOver) this.first.end();
  }

  failed(error: Error): void {
    this.#isComing = false;
    if (!this.#isOver) this.first.fail(error);
  }

  close(error: Error): void {
    this.#isComing = false;
    this.body.close(error);
  }

  /** What the first stage asks of the connection. */
  hold(): void {
    if (this.#isComing) this.#source.pause();
  }

  release(): void {
    if (this.#isComing) this.#source.resume();
  }

  /** What the last stage hands on. */
  take(bytes: Uint8Array): void {
    this.body.arrived(bytes);
  }

  end(): void {
    this.#isOver = true;
    this.body.ended();
    this.#source.decoded?.();
  }

  /** The rest of the code is of no use: it is left where it is, and the connection with it, until the message is closed. */
  fail(error: Error): void {
    this.giveUp();
    this.hold();
    this.body.failed(error);
  }

  allows(stage: DecodingStage, bytes: number): boolean {
    const total = stage.decodedBytes + bytes;
    const { maxRatio, maxBytes } = this.#limits;
    const most = Math.max(RATIO_FREE_BYTES, maxRatio * this.#codedBytes);
    if (total <= most && (stage !== this.last || total <= maxBytes)) return true;
    this.fail(
      total > most
        ? new BodyTooLarge(
            this.#source.name,
            most,
            null,
            `is more than ${maxRatio} times as long as its code`,
          )
        : new BodyTooLarge(this.#source.name, maxBytes, null),
    );
    return false;
  }

  error(fault: CodingFault, coding: Coding, cause: unknown): Error {
    const what =
      fault === "truncated" ? `is cut off: its ${coding} code is not complete` : `is no ${coding} code`;
    return new ContentCodingFailed(`${this.#source.name} ${what}`, coding, fault, cause);
  }

  giveUp(): void {
    this.#isOver = true;
    for (const stage of this.#stages) stage.destroy();
    this.#source.decoded?.();
  }
}
