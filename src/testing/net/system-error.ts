/** Errors as the platform's sockets give them, so that what is above a network maps them alike. */

/** What a program looks at in an error of the platform. */
export interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
}

const meanings: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "address not available",
  EHOSTDOWN: "host is down",
  EMSGSIZE: "message too long",
};

/** `connect ECONNREFUSED 10.0.0.1:80`, with the code and the call as the platform's errors have them. */
export function systemError(code: string, syscall: string, where: string = ""): SystemError {
  const meaning = meanings[code];
  const what = meaning === undefined ? `${syscall} ${code}` : `${syscall} ${code}: ${meaning}`;
  return Object.assign(new Error(where === "" ? what : `${what} ${where}`), { code, syscall });
}
