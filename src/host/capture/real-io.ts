/**
 * What code inside a world may not touch: sockets, files, processes, threads, and work that the runtime does on threads of its
 * own. All of it would end in real time. The world ends the run, and names what was touched.
 *
 * Left alone on purpose:
 * - the synchronous functions of `node:fs`: they do not wait, and `node:assert`, `console` and the loaders use them;
 * - streams, `process.stdout`, `MessageChannel`, `BroadcastChannel` and what else stays in the process;
 * - the file handles, sockets and servers that the code outside opened and handed in: they are outside's.
 *
 * A table, so that it can be read as the list that it is. What a runtime has not, or will not let us replace, is skipped.
 */
import process from "node:process";
import { promisify } from "node:util";
import type { Answer, Patches } from "./patches.ts";

const platformFetch = globalThis.fetch;

type Members = Readonly<Record<string, unknown>>;
type Names = (members: object) => readonly string[];

/** A row: what a refusal calls the place, the object, the names of its functions, and for which arguments it refuses. */
type Row = readonly [
  place: string,
  holder: object | undefined,
  names: readonly string[] | Names,
  when?: (args: readonly unknown[]) => boolean,
];

/** Functions that have a twin which does the same without waiting. */
const withSyncTwin: Names = (members) => allFunctions(members).filter((name) => `${name}Sync` in members);

/** The accessors are no functions of the module, and some load what nobody asked for. */
const allFunctions: Names = (members) =>
  Object.getOwnPropertyNames(members).filter((name) => {
    const { value } = Reflect.getOwnPropertyDescriptor(members, name) ?? {};
    return name !== "constructor" && typeof value === "function";
  });

const lookups: Names = (members) =>
  allFunctions(members).filter((name) => /^(lookup|lookupService|reverse|resolve.*)$/.test(name));

/** Not the classes of the streams: they open their files by `open`, and Bun makes `process.stdout` of one when it is read. */
const waitingForFiles: Names = (members) => [
  ...withSyncTwin(members),
  ..."createReadStream createWriteStream watch watchFile openAsBlob".split(" "),
];

const compressing: Names = (members) => [
  ...withSyncTwin(members),
  ...allFunctions(members).filter((name) => /^create[A-Z]/.test(name)),
];

/** Keys that are made at once are refused too: their chance is the machine's, and the world cannot give it. */
const onThreads: readonly string[] = (
  "argon2 checkPrime generateKey generateKeyPair generatePrime hkdf pbkdf2 scrypt " +
  "generateKeySync generateKeyPairSync generatePrimeSync"
).split(" ");

const withCallback = (args: readonly unknown[]): boolean => typeof args.at(-1) === "function";

/** What has a number is open already. Bun's `process.stdout` writes to one of these. */
const byPath = ([path]: readonly unknown[]): boolean => typeof path !== "number";

/** Promises come first: Bun's `promisify` of a function with a callback gives the one of the promises. */
function moduleRows(): Row[] {
  const load = process.getBuiltinModule;
  const net = load("node:net");
  const dgram = load("node:dgram");
  const dns = load("node:dns");
  const fs = load("node:fs");
  const http = load("node:http");
  const crypto = load("node:crypto");
  const processes = load("node:child_process");
  const dnsPromises = load("node:dns/promises");
  return [
    ["node:net", net.Socket.prototype, ["connect"]],
    ["node:net", net.Server.prototype, ["listen"]],
    ["node:net", net, ["connect", "createConnection"]],
    ["node:tls", load("node:tls"), ["connect"]],
    ["node:dgram", dgram.Socket.prototype, ["bind", "connect", "send"]],
    ["node:dns/promises", dnsPromises, lookups],
    ["node:dns/promises", dnsPromises.Resolver.prototype, lookups],
    ["node:dns", dns, lookups],
    ["node:dns", dns.Resolver.prototype, lookups],
    ["node:http", http, ["get", "request"]],
    ["node:http", http.Server.prototype, ["listen"]],
    ["node:https", load("node:https"), ["get", "request"]],
    ["node:http2", load("node:http2"), ["connect"]],
    ["node:child_process", processes, allFunctions],
    ["node:child_process", processes.ChildProcess.prototype, ["spawn"]],
    ["node:fs realpath", fs.realpath, ["native"]],
    ["node:fs", fs, waitingForFiles],
    ["node:fs/promises", load("node:fs/promises"), allFunctions],
    ["node:worker_threads", load("node:worker_threads"), ["Worker"]],
    ["node:crypto", crypto, onThreads],
    ["node:crypto", crypto, "sign verify diffieHellman encapsulate decapsulate".split(" "), withCallback],
    ["crypto.subtle", Object.getPrototypeOf(globalThis.crypto.subtle) as object, allFunctions],
    ["node:zlib", load("node:zlib"), compressing],
  ];
}

const denoNames: Names = (members) => [
  ...withSyncTwin(members),
  ...(
    "Command connect connectTls createHttpClient listen listenDatagram listenTls openKv resolveDns run serve serveHttp " +
    "spawn spawnAndWait spawnAndWaitSync startTls watchFs"
  ).split(" "),
];

function globalRows(): Row[] {
  const bun = Reflect.get(globalThis, "Bun") as Members | undefined;
  const deno = Reflect.get(globalThis, "Deno") as Members | undefined;
  const web =
    "CompressionStream DecompressionStream EventSource SharedWorker WebSocket WebSocketStream WebTransport Worker " +
    "XMLHttpRequest";
  const ofBun =
    "$ build connect listen openInEditor RedisClient S3Client serve spawn spawnSync SQL udpSocket write " +
    "zstdCompress zstdDecompress";
  return [
    ["", globalThis, web.split(" ")],
    ["Bun", bun, ofBun.split(" ")],
    ["Bun", bun, ["file"], byPath],
    ["Bun.dns", bun?.["dns"] as object | undefined, lookups],
    ["Bun.password", bun?.["password"] as object | undefined, withSyncTwin],
    ["Deno", deno, denoNames],
  ];
}

/** Ends the run also where the caller expects a promise: the world has to hear of it, not the caller. */
function refuse(patches: Patches, [place, holder, names, when]: Row): void {
  if (holder === undefined) return;
  for (const name of typeof names === "function" ? names(holder) : names) {
    const what = `${place} ${name}`.trim();
    const answer: Answer = (world, args, real) =>
      when === undefined || when(args) ? world.refuse(what) : real();
    const original: unknown = Reflect.getOwnPropertyDescriptor(holder, name)?.value;
    if (typeof original === "function") patches.answer(original, promisify.custom, answer);
    patches.answer(holder, name, answer);
  }
}

/** One that was put in its place before the simulation is the very double that a refusal asks for. */
function refuseFetch(patches: Patches): void {
  if (globalThis.fetch === platformFetch) refuse(patches, ["", globalThis, ["fetch"]]);
  else patches.keep(globalThis, "fetch");
}

export function captureRealIo(patches: Patches): void {
  refuseFetch(patches);
  for (const row of [...moduleRows(), ...globalRows()]) refuse(patches, row);
}
