/**
 * Sends a request on a connection: its head, and its body. A body in hand goes out with the head, in one piece where it is small. Any other is sent
 * by a task of its own, below the task that asked, while the response may already come.
 */
import { SideScope } from "../../flow/side-scope.ts";
import { withTimeoutOr } from "../../flow/time-limit.ts";
import { cancelScope } from "../../kernel/cancel.ts";
import { cancellationIn } from "../../kernel/cancellation-in.ts";
import { currentScope, storage } from "../../kernel/current.ts";
import { IS_SERVICE, type Scope } from "../../kernel/scope.ts";
import { startTask, TaskScope } from "../../kernel/task.ts";
import { Event } from "../../sync/event.ts";
import { BodyWriter, sendBody } from "../body/body-writer.ts";
import type { OutgoingBody } from "../body/outgoing-body.ts";
import { httpPlatform } from "../platform.ts";
import type { Call } from "./call.ts";
import { headOf } from "./request-head.ts";
import type { RequestWriter } from "./request-writer.ts";

/** Up to so many bytes are put together with the head, which costs a copy and saves a write. */
const JOINED_BYTES = 65_536;

/** Sends the request of a call that has just got the writer. */
export function writeRequest(call: Call, writer: RequestWriter): void {
  const { request, way } = call;
  const { body, options } = request;
  const expects = body !== null && options.expectContinueMs !== null;
  const head = headOf(request, way.route, expects);
  if (body !== null && body.whole !== null && !expects) {
    writeWhole(writer, head, body.whole);
    return;
  }
  const isDrained = typeof head === "string" ? writer.writeText(head) : writer.write(head);
  if (body === null) writer.finish(null, isDrained);
  else startUpload(call, writer, body);
}

function writeWhole(writer: RequestWriter, head: string | Uint8Array, body: string | Uint8Array): void {
  if (typeof head === "string" && typeof body === "string") {
    writer.finish(null, writer.writeText(head + body));
    return;
  }
  const first = typeof head === "string" ? httpPlatform().utf8(head) : head;
  const second = typeof body === "string" ? httpPlatform().utf8(body) : body;
  if (second.length > JOINED_BYTES) {
    writer.finish(second, writer.write(first));
    return;
  }
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  writer.finish(null, writer.write(joined));
}

function startUpload(call: Call, writer: RequestWriter, body: OutgoingBody): void {
  // The one who asked waits: this runs before there is a response.
  const user = call.scope as Scope;
  const name = `sending ${nameOf(call)}`;
  const side = storage.run(
    user.task.blocked === null ? user.task : user,
    () => new SideScope(name, () => {}),
  );
  call.stopUpload = () => {
    if (!side.hasEnded) cancelScope(side, "the rest of the body is not wanted");
  };
  storage.run(user, () =>
    startTask(new TaskScope(side, name, IS_SERVICE), () => upload(call, writer, body)),
  );
}

async function upload(call: Call, writer: RequestWriter, body: OutgoingBody): Promise<void> {
  const { request, connection, record } = call;
  const { expectContinueMs } = request.options;
  try {
    record.isBodyHeld = expectContinueMs !== null;
    if (expectContinueMs !== null) await continued(writer, expectContinueMs);
    record.isBodyHeld = false;
    await writer.waitDrained();
    await sendBody(body, new BodyWriter(writer, body.lengthBytes ?? "chunked", nameOf(call)));
    // It may have been told to stop when it was done, and another connection have taken over.
    if (call.connection === connection) call.stopUpload = null;
    writer.sent();
  } catch (error) {
    body.dispose();
    // Another connection may have taken over, where this one was dead.
    const isCurrent = connection !== null && call.connection === connection;
    if (isCurrent && cancellationIn(currentScope(), error) === null) call.uploadFailed(error as Error);
  }
}

/** Waits until the server asks for the body, or has said nothing for long enough. */
async function continued(writer: RequestWriter, ms: number): Promise<void> {
  const asked = new Event();
  writer.onContinue = () => asked.set();
  try {
    await withTimeoutOr(ms, () => asked.wait(), undefined);
  } finally {
    writer.onContinue = null;
  }
}

function nameOf({ request: { method, url } }: Call): string {
  return `the body of ${method} ${url.href}`;
}
