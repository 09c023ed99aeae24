/**
 * What the peer had said before a write failed.
 *
 * A server that wants no more of a request often answers, and closes at once: its kernel then resets the connection, and the next write fails. The
 * answer has come before that, and the kernel still hands it out; but a stream of the platform whose write fails destroys itself, and
 * the bytes with it. So a client's socket reads on behind a write that failed, to the end of what has come, which is there already: nothing comes
 * behind a reset. (At a Unix socket more may come: a peer there can end what it reads alone.) Only then it is destroyed, with the error of the
 * write. Whoever pauses it meanwhile has heard enough.
 */
import { Socket } from "node:net";
import { forgetReadError } from "./stream-state.ts";

const destroyNow = Socket.prototype.destroy;

/** What a write fails with when the peer has reset the connection. */
const resets: ReadonlySet<unknown> = new Set(["EPIPE", "ECONNRESET"]);

/** `socket` is a client's, and connected. */
export function hearOut(socket: Socket): void {
  socket.destroy = destroyWhenHeard;
}

function destroyWhenHeard(this: Socket, error?: NodeJS.ErrnoException): Socket {
  const isReset = error?.syscall === "write" && resets.has(error.code);
  this.destroy = destroyNow;
  if (!isReset || this.readableFlowing !== true || this.readableEnded) return this.destroy(error);
  forgetReadError(this);
  const destroy = (): Socket => this.destroy(error);
  // Before the others hear of it: this is no end that the peer has set.
  return this.prependListener("end", destroy).on("pause", destroy);
}
