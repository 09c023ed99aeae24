/** What a connection does next: while its client has to send something, when a part of a body has come, and behind a reply. */
import { DATA, END } from "../wire/events.ts";
import type { RequestReader } from "../wire/request-reader.ts";
import type { DialogueConnection } from "./dialogue-connection.ts";
import { DISCARD_BYTES, type Exchange } from "./exchange.ts";
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

/** Takes what has come of a body. False when nothing more of it is there, or is read. */
export function readUpload(
  connection: DialogueConnection,
  reader: RequestReader,
  upload: RequestBody,
): boolean {
  const { phases, body } = connection.core;
  switch (reader.next()) {
    case DATA:
      upload.arrived(reader.data);
      if (upload.discardedBytes > DISCARD_BYTES) connection.linger(true);
      return connection.isOpen;
    case END:
      upload.ended(reader.trailers);
      if (connection.phase === body) phases.leave(connection);
      return true;
    default:
      return false;
  }
}

/** The client has all that it gets. `isBroken`: nothing more is read from it. */
export function goOn(connection: DialogueConnection, exchange: Exchange, isBroken: boolean): void {
  if (exchange.replyState !== "whole") connection.destroy(false);
  else if (exchange.closes || isBroken) connection.linger(!exchange.isBodyComplete);
  else if (connection.isPaused) connection.resume();
  else if (!exchange.isBodyComplete) connection.watchBody();
}
