/** Which phase a connection is in while something is waited for that its client has to send. */
import type { RequestReader } from "../wire/request-reader.ts";
import type { DialogueConnection } from "./dialogue-connection.ts";
import type { RequestBody } from "./request-body.ts";

/** `upload`: what may still come of a body; null where nothing does. It must come, and not too slowly, while it is due and we take it. */
export function phaseOfBody(connection: DialogueConnection, upload: RequestBody | null): void {
  const { phases, body } = connection.core;
  if (connection.output.isBackedUp || !connection.isOpen) return;
  const isDue = upload !== null && !upload.isComplete && !upload.isHeldBack;
  if (isDue && !connection.isPaused) {
    upload.mark();
    phases.enter(connection, body);
  } else if (connection.phase === body) phases.leave(connection);
}

/** All that came has been read, and answered. */
export function phaseOfHead(connection: DialogueConnection, reader: RequestReader): void {
  const { phases, head, idle, grace, isDraining } = connection.core;
  if (!reader.isBetweenMessages) {
    if (connection.phase !== head) phases.enter(connection, head);
  } else if (connection.phase === null) phases.enter(connection, isDraining ? grace : idle);
}
