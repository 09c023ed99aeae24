/**
 * llhttp, the parser of Node's own HTTP, as a judge. It comes in WebAssembly out of undici, as a file and not as an API: the packages of
 * the registry that offer it have an old one, or ask for a TypeScript of their own. Where undici moves it, this file says so.
 */
import { createRequire } from "node:module";
import { textOf } from "./reading.ts";

/** A message as llhttp saw it. */
export interface Judged {
  start: string;
  version: 10 | 11;
  headers: [string, string][];
  keepsAlive: boolean;
  isUpgrade: boolean;
  body: string;
  isComplete: boolean;
}

export interface Judgement {
  readonly messages: Judged[];
  /** The name of its error; null where it wants more. */
  readonly refused: string | null;
}

interface Wasm {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  malloc(size: number): number;
  free(pointer: number): void;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_execute(parser: number, data: number, length: number): number;
  llhttp_finish(parser: number): number;
  llhttp_should_keep_alive(parser: number): number;
  llhttp_get_method(parser: number): number;
  llhttp_get_http_major(parser: number): number;
  llhttp_get_http_minor(parser: number): number;
}

/** Of the types that are there for WebAssembly none is in a library that Node has. */
interface WebAssemblyApi {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

interface Constants {
  readonly METHODS: Readonly<Record<string, number>>;
  readonly ERROR: Readonly<Record<string, number>>;
}

const require = createRequire(import.meta.url);
const constants = require("undici/lib/llhttp/constants.js") as Constants;
const methodNames = new Map(Object.entries(constants.METHODS).map(([name, code]) => [code, name]));
const errorNames = new Map(Object.entries(constants.ERROR).map(([name, code]) => [code, name]));

/** Methods that llhttp knows: it refuses all others. */
export const llhttpMethods: ReadonlySet<string> = new Set(Object.keys(constants.METHODS));

/** The messages that are being read. The callbacks say of which parser they are, but there is only one at a time. */
let messages: Judged[] = [];
let isResponse = false;
let hasNoBody = false;
let fieldPart = "";

function last(): Judged {
  const message = messages.at(-1);
  if (message === undefined) throw new Error("llhttp reports a part of no message");
  return message;
}

function textAt(pointer: number, length: number): string {
  return textOf(new Uint8Array(wasm.memory.buffer, pointer, length));
}

const imports = {
  wasm_on_message_begin: () => {
    messages.push({
      start: "",
      version: 11,
      headers: [],
      keepsAlive: false,
      isUpgrade: false,
      body: "",
      isComplete: false,
    });
    fieldPart = "";
    return 0;
  },
  wasm_on_url: (_parser: number, at: number, length: number) => {
    last().start += textAt(at, length);
    return 0;
  },
  wasm_on_status: (_parser: number, at: number, length: number) => {
    last().start += textAt(at, length);
    return 0;
  },
  wasm_on_header_field: (_parser: number, at: number, length: number) => {
    const { headers } = last();
    if (fieldPart === "name") (headers.at(-1) as [string, string])[0] += textAt(at, length);
    else headers.push([textAt(at, length), ""]);
    fieldPart = "name";
    return 0;
  },
  wasm_on_header_value: (_parser: number, at: number, length: number) => {
    (last().headers.at(-1) as [string, string])[1] += textAt(at, length);
    fieldPart = "value";
    return 0;
  },
  wasm_on_headers_complete: (parser: number, status: number, upgrade: number) => {
    const message = last();
    const start = isResponse ? `${status}` : `${methodNames.get(wasm.llhttp_get_method(parser))}`;
    message.start = `${start} ${message.start}`;
    message.version = wasm.llhttp_get_http_minor(parser) === 1 ? 11 : 10;
    message.isUpgrade = upgrade !== 0;
    // Behind these llhttp would read a body that its announced length promises: its embedder says that there is none.
    return isResponse && (hasNoBody || status < 200 || status === 204 || status === 304) ? 1 : 0;
  },
  wasm_on_body: (_parser: number, at: number, length: number) => {
    last().body += textAt(at, length);
    return 0;
  },
  wasm_on_message_complete: (parser: number) => {
    const message = last();
    message.isComplete = true;
    // Only here it knows that a response to HEAD does not go on until the connection ends.
    message.keepsAlive = wasm.llhttp_should_keep_alive(parser) !== 0;
    return 0;
  },
};

const { Instance, Module } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
const binary = require("undici/lib/llhttp/llhttp-wasm.js") as Uint8Array;
const wasm = new Instance(new Module(binary), { env: imports }).exports as Wasm;
wasm._initialize();

const REQUEST = 1;
const RESPONSE = 2;

/** What llhttp makes of `bytes`; of responses to a request of `method`. With `isEnd` the connection ends behind them. */
export function judge(
  bytes: Uint8Array,
  kind: "request" | "response",
  options: { method?: string; isEnd?: boolean } = {},
): Judgement {
  messages = [];
  isResponse = kind === "response";
  hasNoBody = options.method === "HEAD";
  const parser = wasm.llhttp_alloc(isResponse ? RESPONSE : REQUEST);
  const data = wasm.malloc(bytes.length + 1);
  new Uint8Array(wasm.memory.buffer).set(bytes, data);
  let code = wasm.llhttp_execute(parser, data, bytes.length);
  if (code === 0 && options.isEnd === true) code = wasm.llhttp_finish(parser);
  wasm.free(data);
  wasm.llhttp_free(parser);
  for (const message of messages) {
    message.headers = message.headers.map(([name, value]) => [
      name.toLowerCase(),
      value.replace(/[ \t]+$/, ""),
    ]);
  }
  return { messages, refused: code === 0 ? null : (errorNames.get(code) ?? String(code)) };
}
