import { statSync } from "node:fs";
import { connect } from "node:net";
import { systemCodeOf } from "../../io/errors.ts";
import type { Endpoint } from "../../io/net/address.ts";

/**
 * Says why a path is in use: a program listens there, a program that ended has left its socket behind, or the file is no socket.
 * Nothing is deleted: another program may be about to take the file over, and only its owner knows.
 */
export function explainInUse(error: Error, at: Endpoint, done: (error: Error) => void): void {
  if (!("path" in at) || systemCodeOf(error) !== "EADDRINUSE" || isAbstract(at.path)) {
    done(error);
    return;
  }
  if (!isSocketFile(at.path)) {
    done(leftover(error, `there is a file at ${at.path} that is no socket. Give another path`));
    return;
  }
  const probe = connect({ path: at.path });
  probe.once("connect", () => {
    probe.destroy();
    done(error);
  });
  probe.once("error", (reason) => {
    probe.destroy();
    // Only this says that nobody listens: a busy program, or one of another kind, answers otherwise.
    if (systemCodeOf(reason) !== "ECONNREFUSED") {
      done(error);
      return;
    }
    const stale = `the socket at ${at.path} was left behind by a program that has ended. Remove the file`;
    done(leftover(error, stale));
  });
}

const isAbstract = (path: string): boolean => path.startsWith("\0");

function isSocketFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() !== false;
}

/** Not the code of an address in use: nobody uses it. */
function leftover(cause: Error, message: string): Error {
  return Object.assign(new Error(message, { cause }), { code: "EEXIST" });
}
