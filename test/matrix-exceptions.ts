/**
 * Known faults of runtimes: tests that `npm run test:matrix` lets fail there, each with the smallest program that shows the
 * fault without this library. The matrix runs that program too: once it exits with 0, the fault is gone and so must be the entry.
 */
import { join } from "node:path";

export interface KnownFault {
  readonly runtime: "node 24" | "node 26" | "bun" | "deno";
  /** The test file, from the repository's root. */
  readonly file: string;
  /** The names of the tests that may fail; a failure elsewhere in the file is a failure. */
  readonly tests: readonly string[];
  /** What the runtime does wrong, in a sentence. */
  readonly fault: string;
  /** A program that exits with 1 while the fault is there. */
  readonly program: string;
}

/** Where the tests keep certificates. */
const certificates: string = join(import.meta.dirname, "fixtures/tls/");

/** A thread that needs more memory than it may have, in answer to a message. */
const memoryProgram = `
import { Worker } from "node:worker_threads";
const work = \`
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", () => {
    const held = [];
    for (let n = 0; n < 200; n++) held.push(Array.from({ length: 100_000 }, (_, at) => at + n));
    parentPort.postMessage("survived");
  });\`;
const worker = new Worker(work, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 24 } });
worker.on("error", () => {});
worker.on("exit", () => process.exit(0));
worker.on("message", () => process.exit(1));
worker.postMessage("go");
setTimeout(() => process.exit(1), 5_000);
`;

export const knownFaults: readonly KnownFault[] = [
  {
    runtime: "bun",
    file: "test/threads/thread-pool.test.ts",
    tests: ["fails the call of a thread that runs out of memory, not the process"],
    fault: "resourceLimits of a Worker are ignored",
    program: memoryProgram,
  },
  {
    runtime: "deno",
    file: "test/threads/thread-pool.test.ts",
    tests: ["fails the call of a thread that runs out of memory, not the process"],
    fault: "a Worker that reaches its memory limit in a message handler hangs, and never exits",
    program: memoryProgram,
  },
  {
    runtime: "deno",
    file: "test/threads/import-thread.test.ts",
    tests: ["does not move what could not be sent"],
    fault: "postMessage moves the buffers of a message that it then fails to clone",
    program: `
import { MessageChannel } from "node:worker_threads";
const bytes = new Uint8Array(4);
try {
  new MessageChannel().port1.postMessage([bytes, () => {}], [bytes.buffer]);
} catch {}
process.exit(bytes.length === 4 ? 0 : 1);
`,
  },
  {
    runtime: "deno",
    file: "test/host/net/listening.test.ts",
    tests: ["survives a lack of descriptors, and accepts again"],
    fault: "a server that could not accept a connection for lack of descriptors accepts none any more",
    program: `
import { spawnSync } from "node:child_process";
import { createServer, connect } from "node:net";
if (process.env.FEW !== "yes") {
  const args = [...(globalThis.Deno ? ["run", "-A"] : []), import.meta.filename];
  const env = { ...process.env, FEW: "yes" };
  const accepts = (limit) =>
    spawnSync("sh", ["-c", "ulimit -n " + limit + '; exec "$@"', "sh", process.execPath, ...args], { env }).status === 0;
  process.exit(accepts(64) && accepts(65) ? 0 : 1);
}
const clients = [];
const server = createServer().on("error", () => {}).listen(0, "127.0.0.1", more);
function more() {
  const client = connect(server.address().port, "127.0.0.1");
  clients.push(client);
  client.once("connect", more);
  client.once("error", () => {
    for (const each of clients) each.destroy();
    setTimeout(() => {
      server.once("connection", () => process.exit(0));
      connect(server.address().port, "127.0.0.1");
      setTimeout(() => process.exit(1), 2_000);
    }, 200);
  });
}
`,
  },
  {
    runtime: "deno",
    file: "test/io/net/udp.test.ts",
    tests: ["with a peer hears that nobody listens there"],
    fault: "a connected UDP socket does not hear that nobody listens there",
    program: `
import { createSocket } from "node:dgram";
const gone = createSocket("udp4");
gone.bind(0, "127.0.0.1", () => {
  const { port } = gone.address();
  gone.close(() => {
    const socket = createSocket("udp4").on("error", () => process.exit(0));
    socket.connect(port, "127.0.0.1", () => socket.send("anybody?"));
    setTimeout(() => process.exit(1), 2_000);
  });
});
`,
  },
  {
    runtime: "deno",
    file: "test/io/net/tls.test.ts",
    tests: ["because it has expired fails the handshake, and the error says so"],
    fault: "an expired certificate is refused with the code of one that no authority has signed",
    program: `
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:tls";
const [ca, cert, key] = ["authority.pem", "expired.pem", "expired.key"].map((name) => readFileSync(${JSON.stringify(certificates)} + name));
const server = createServer({ cert, key }).listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  connect({ port, host: "127.0.0.1", servername: "localhost", ca }).on("error", ({ code }) =>
    process.exit(code === "CERT_HAS_EXPIRED" ? 0 : 1),
  );
});
`,
  },
  {
    runtime: "deno",
    file: "test/io/net/tls.test.ts",
    tests: ["because the client cannot read it fails the handshake"],
    fault: "tls.connect ignores a certificate that it cannot read",
    program: `
import { connect } from "node:tls";
try {
  connect({ port: 1, cert: "no certificate", key: "no key" }).on("error", () => process.exit(1));
} catch {
  process.exit(0);
}
`,
  },
  ...["test/io/net/tls.test.ts", "test/http/matrix/first-impressions.test.ts"].map(
    (file): KnownFault => ({
      runtime: "deno",
      file,
      tests: [
        "because the server cannot read it is refused before it listens",
        "does not begin with a key that is none",
      ],
      fault: "tls.createServer takes a key and a certificate that it cannot read",
      program: `
import { createServer } from "node:tls";
try {
  createServer({ cert: "no certificate", key: "no key" });
  process.exit(1);
} catch {
  process.exit(0);
}
`,
    }),
  ),
];
