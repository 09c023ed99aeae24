import type { Host } from "../../kernel/host.ts";
import type { BodyReceiver } from "../body/body-source.ts";
import { checkDecodingLimits, decodedBody } from "../body/decoded-body.ts";
import { IncomingBody } from "../body/incoming-body.ts";
import type { HttpHeaders } from "../wire/fields.ts";
import type { ResponseHead } from "../wire/response-head.ts";
import type { Call } from "./call.ts";
import { CallBody } from "./call-body.ts";
import { HttpResponse } from "./response.ts";

/** What has come of a response when its head is delivered. */
export interface Arrival {
  readonly head: ResponseHead;
  /** What has come of the body; null for nothing. */
  readonly first: Uint8Array | null;
  /** Whether that is all of it. */
  readonly isWhole: boolean;
  readonly trailers: HttpHeaders | null;
}

const NOTHING: Uint8Array = new Uint8Array(0);
const limits = checkDecodingLimits({});

/** Makes a response of what has come, and gives it to the one who asked. */
export function deliver(
  call: Call,
  { head, first, isWhole, trailers }: Arrival,
  host: Host,
  now: number,
): void {
  const source = new CallBody(call, head);
  source.trailers = trailers;
  const whole = isWhole ? (first ?? NOTHING) : null;
  const hasBody = !isWhole || first !== null;
  const coding = hasBody && call.request.options.decompress ? head.contentCoding : null;
  let body: IncomingBody;
  let receiver: BodyReceiver;
  if (coding === null) body = receiver = new IncomingBody(source, whole);
  else ({ body, receiver } = decodedBody(source, coding, whole, { ...limits, host }));
  if (receiver !== body && !body.isComplete) source.decodeBy(receiver);
  if (!isWhole && first !== null) receiver.arrived(first);
  call.answered(new HttpResponse(head, body, source), source, isWhole ? null : receiver, now);
}
