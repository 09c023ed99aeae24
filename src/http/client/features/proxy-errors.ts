import { TsyncioError } from "../../../base/tsyncio-error.ts";

/** A proxy did not open the way to a server. */
export class ProxyFailed extends TsyncioError {
  static readonly code = "TSY_PROXY_FAILED";
  /** The proxy, without name and password. */
  readonly proxy: string;
  /** The status of its answer; null where it gave none. */
  readonly status: number | null;

  constructor(
    proxy: string,
    target: string,
    problem: { status: number | null; reason: string; cause?: unknown },
  ) {
    super(
      ProxyFailed.code,
      `the proxy ${proxy} opened no way to ${target}: ${problem.reason}.${adviceFor(problem.status)}`,
      problem.cause === undefined ? undefined : { cause: problem.cause },
    );
    this.proxy = proxy;
    this.status = problem.status;
  }
}

function adviceFor(status: number | null): string {
  switch (status) {
    case 407:
      return " Give the proxy's user name and password: in its URL, or as credentials of the option proxy.";
    case 403:
    case 405:
      return " It does not let that host or port through; ask whoever runs it, or name the host in NO_PROXY.";
    default:
      return "";
  }
}
