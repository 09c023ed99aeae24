/** Real I/O inside a world is refused, and the platform after a capture is the platform before it. */
import assert from "node:assert/strict";
import childProcess from "node:child_process";
import nodeCrypto from "node:crypto";
import dgram from "node:dgram";
import dns from "node:dns";
import dnsPromises from "node:dns/promises";
import fs from "node:fs";
import fsPromises from "node:fs/promises";
import { readFile as importedReadFile } from "node:fs/promises";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import process from "node:process";
import { describe, it } from "node:test";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import tls from "node:tls";
import { promisify } from "node:util";
import workerThreads from "node:worker_threads";
import zlib from "node:zlib";
import { Patches } from "../../src/host/capture/patches.ts";
import { processPlatform } from "../../src/host/simulation-platform.ts";
import {
  captured,
  FakeWorld,
  inside,
  isBun,
  isDeno,
  Refused,
  runtimeGlobal,
  worlds,
} from "./fake-world.ts";

const here = import.meta.filename;
const nothing = (): void => {};

/** What was refused when `work` ran inside a world; "" where it was not. What it threw must be the refusal. */
function refusedBy(world: FakeWorld, work: () => unknown): string {
  const before = world.refused.length;
  try {
    inside(world, work);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  return world.refused[before] ?? "";
}

/** Checks that each of these is refused under its name. */
function refuses(cases: Readonly<Record<string, () => unknown>>): () => Promise<void> {
  return captured((world) => {
    for (const [what, work] of Object.entries(cases)) assert.equal(refusedBy(world, work), what);
  });
}

const socket = dgram.createSocket("udp4").unref();
const resolver = new dns.Resolver();
const promiseResolver = new dnsPromises.Resolver();
// Bun makes a server of its own of `node:http`.
const httpListen = isBun || isDeno ? "node:http listen" : "node:net listen";

describe("real I/O inside a world is refused and named", () => {
  it(
    "sockets",
    refuses({
      "node:net connect": () => net.connect(9),
      "node:net listen": () => net.createServer().listen(0),
      "node:tls connect": () => tls.connect(9),
      "node:dgram bind": () => socket.bind(0),
      "node:dgram send": () => socket.send("x", 9),
      "node:dgram connect": () => socket.connect(9),
      "node:http get": () => http.get("http://localhost:9"),
      "node:http request": () => http.request("http://localhost:9"),
      "node:https get": () => https.get("https://localhost:9"),
      "node:https request": () => https.request("https://localhost:9"),
      "node:http2 connect": () => http2.connect("http://localhost:9"),
      [httpListen]: () => http.createServer().listen(0),
    }),
  );

  it(
    "sockets that are made without their module's function",
    captured((world) => {
      assert.equal(
        refusedBy(world, () => new net.Socket().connect(9)),
        "node:net connect",
      );
      assert.equal(
        refusedBy(world, () => net.createConnection(9)),
        "node:net connect",
      );
      assert.equal(
        refusedBy(world, () => new http.ClientRequest("http://localhost:9")),
        "node:net connect",
      );
    }),
  );

  it(
    "names of hosts",
    refuses({
      "node:dns lookup": () => dns.lookup("localhost", nothing),
      "node:dns resolve4": () => dns.resolve4("localhost", nothing),
      "node:dns reverse": () => dns.reverse("127.0.0.1", nothing),
      "node:dns resolveMx": () => resolver.resolveMx("localhost", nothing),
      "node:dns/promises lookup": () => dnsPromises.lookup("localhost"),
      "node:dns/promises resolve": () => dns.promises.resolve("localhost"),
      "node:dns/promises resolveTxt": () => promiseResolver.resolveTxt("localhost"),
    }),
  );

  it(
    "files",
    refuses({
      "node:fs readFile": () => fs.readFile(here, nothing),
      "node:fs open": () => fs.open(here, nothing),
      "node:fs exists": () => promisifiedExists(),
      "node:fs realpath native": () => fs.realpath.native(here, nothing),
      "node:fs createReadStream": () => fs.createReadStream(here),
      "node:fs createWriteStream": () => fs.createWriteStream(here),
      "node:fs watch": () => fs.watch(here),
      "node:fs watchFile": () => fs.watchFile(here, nothing),
      "node:fs/promises readFile": () => fsPromises.readFile(here),
      "node:fs/promises open": () => fs.promises.open(here),
    }),
  );

  it(
    "processes and threads",
    refuses({
      "node:child_process spawn": () => childProcess.spawn("true"),
      "node:child_process exec": () => childProcess.exec("true"),
      "node:child_process execFile": () => childProcess.execFile("true"),
      "node:child_process fork": () => childProcess.fork("none"),
      "node:child_process spawnSync": () => childProcess.spawnSync("true"),
      "node:child_process execSync": () => childProcess.execSync("true"),
      "node:child_process execFileSync": () => childProcess.execFileSync("true"),
      "node:worker_threads Worker": () => new workerThreads.Worker("", { eval: true }),
    }),
  );

  it(
    "processes by way of promisify",
    captured((world) => {
      for (const start of [childProcess.exec, childProcess.execFile]) {
        const what = refusedBy(world, () => promisify(start)("true"));
        assert.match(what, /^node:child_process (exec|execFile|spawn)$/);
      }
    }),
  );

  it(
    "work on threads of the runtime, and keys that are made of real chance",
    refuses({
      "node:crypto pbkdf2": () => nodeCrypto.pbkdf2("a", "b", 1, 8, "sha1", nothing),
      "node:crypto scrypt": () => nodeCrypto.scrypt("a", "b", 8, nothing),
      "node:crypto hkdf": () => nodeCrypto.hkdf("sha256", "a", "b", "c", 8, nothing),
      "node:crypto generateKeyPair": () => nodeCrypto.generateKeyPair("ed25519", {}, nothing),
      "node:crypto generateKeyPairSync": () => nodeCrypto.generateKeyPairSync("ed25519"),
      "node:crypto sign": () => nodeCrypto.sign("sha256", Buffer.of(1), "key", nothing),
      "crypto.subtle digest": () => crypto.subtle.digest("SHA-256", new Uint8Array(1)),
      "crypto.subtle generateKey": () =>
        nodeCrypto.webcrypto.subtle.generateKey("AES-GCM" as never, true, []),
    }),
  );

  it(
    "globals",
    captured((world) => {
      const names = "fetch CompressionStream EventSource WebSocket Worker XMLHttpRequest".split(" ");
      for (const name of names) {
        const Global = runtimeGlobal(name) as (new (url: string) => unknown) & ((url: string) => unknown);
        if (Global === undefined) continue;
        const use = (): unknown =>
          name === "fetch" ? Global("http://localhost:9") : new Global("http://localhost:9");
        assert.equal(refusedBy(world, use), name);
      }
    }),
  );

  it(
    "compression that waits; Deno's module of it is frozen, and is not captured",
    captured((world) => {
      const gzip = refusedBy(world, () => zlib.gzip("x", nothing));
      const stream = refusedBy(world, () => zlib.createGzip());
      const expected = isDeno ? ["", ""] : ["node:zlib gzip", "node:zlib createGzip"];
      assert.deepEqual([gzip, stream], expected);
    }),
  );

  it(
    "Bun's own, where there is a Bun",
    captured((world) => {
      const bun = runtimeGlobal("Bun") as Record<string, (...args: unknown[]) => unknown> | undefined;
      if (bun === undefined) return;
      for (const name of ["spawn", "spawnSync", "serve", "connect", "listen", "file", "write", "$"])
        assert.equal(
          refusedBy(world, () => bun[name]!("x")),
          `Bun ${name}`,
        );
      assert.equal(
        refusedBy(world, () => bun["file"]!(1)),
        "",
      );
    }),
  );

  it(
    "Deno's own, where there is a Deno",
    captured((world) => {
      const deno = runtimeGlobal("Deno") as Record<string, (...args: unknown[]) => unknown> | undefined;
      if (deno === undefined) return;
      for (const name of "connect listen serve readFile writeFile open readTextFile resolveDns".split(
        " ",
      ))
        assert.equal(
          refusedBy(world, () => deno[name]!("x")),
          `Deno ${name}`,
        );
      const Command = deno["Command"] as unknown as new (name: string) => unknown;
      assert.equal(
        refusedBy(world, () => new Command("true")),
        "Deno Command",
      );
    }),
  );

  it("a named import is captured on Node; on Bun and Deno it is the original", async () => {
    await captured((world) => {
      const what = refusedBy(world, () => void importedReadFile(here).catch(nothing));
      assert.equal(what, isBun || isDeno ? "" : "node:fs/promises readFile");
    })();
    assert.equal(importedReadFile, fsPromises.readFile);
  });
});

describe("left alone inside a world", () => {
  it(
    "synchronous files, the console, assertions and signatures that do not wait",
    captured((world) => {
      const what = refusedBy(world, () => {
        assert.ok(fs.readFileSync(here, "utf8").includes("left alone"));
        assert.ok(fs.existsSync(here));
        process.stdout.write("");
        assert.throws(() => assert.equal(1, 2));
        assert.throws(() => nodeCrypto.sign("sha256", Buffer.of(1), "no key"));
        new MessageChannel().port1.close();
      });
      assert.equal(what, "");
    }),
  );
});

describe("outside a world", () => {
  it(
    "I/O works while the platform is captured",
    captured(async (world) => {
      assert.ok((await fsPromises.readFile(here, "utf8")).length > 0);
      assert.ok((await promisify(fs.stat)(here)).isFile());
      assert.equal((await promisify(zlib.gzip)("x")).byteLength > 0, true);
      assert.equal((await crypto.subtle.digest("SHA-256", new Uint8Array(1))).byteLength, 32);
      const server = net.createServer((connection) => connection.end("hello"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as net.AddressInfo;
      const said = await new Promise((resolve) => {
        net.connect(port, "127.0.0.1").on("data", (data) => resolve(String(data)));
      });
      server.close();
      assert.equal(said, "hello");
      assert.deepEqual(world.refused, []);
    }),
  );
});

function promisifiedExists(): unknown {
  const made: Promise<boolean> = promisify(fs.exists)(here);
  return made.catch(nothing);
}

/** Everything that a capture may touch, and what is near it. */
function everyHolder(): object[] {
  const bun = runtimeGlobal("Bun");
  const holders: Array<object | undefined> = [
    globalThis,
    process,
    process.hrtime,
    performance,
    crypto,
    crypto.subtle,
    timersPromises.scheduler,
    fs.realpath,
    fs.exists,
    childProcess.exec,
    bun,
    Reflect.get(bun ?? {}, "dns") as object | undefined,
    Reflect.get(bun ?? {}, "password") as object | undefined,
    runtimeGlobal("Deno"),
    Reflect.get(runtimeGlobal("Temporal") ?? {}, "Now") as object | undefined,
  ];
  const modules = [
    timers,
    timersPromises,
    timers.promises,
    fs,
    fsPromises,
    net,
    tls,
    dgram,
    dns,
    dnsPromises,
  ];
  const more = [http, https, http2, childProcess, workerThreads, zlib, nodeCrypto];
  const classes = [Date, AbortSignal, Math, Intl.DateTimeFormat, net.Socket, net.Server, dgram.Socket];
  const ofModules = [dns.Resolver, dnsPromises.Resolver, http.Server, childProcess.ChildProcess];
  const present = [...holders, ...modules, ...more, ...classes, ...ofModules].filter(
    (holder) => holder !== undefined,
  );
  const prototypes = present.flatMap((holder) => [
    Reflect.getPrototypeOf(holder) ?? {},
    (Reflect.getOwnPropertyDescriptor(holder, "prototype")?.value as object | undefined) ?? {},
  ]);
  return [...present, ...prototypes];
}

const holdersToWatch = everyHolder();

type Snapshot = ReadonlyArray<readonly [object, ReadonlyMap<PropertyKey, PropertyDescriptor>]>;

function snapshot(): Snapshot {
  return holdersToWatch.map((holder) => {
    const descriptors = Reflect.ownKeys(holder).map((key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(holder, key);
      return [key, descriptor ?? {}] as const;
    });
    return [holder, new Map(descriptors)];
  });
}

/** Where two snapshots differ, in the order of the keys also. */
function differences(before: Snapshot, after: Snapshot): string[] {
  const fields = ["value", "get", "set", "writable", "enumerable", "configurable"] as const;
  return before.flatMap(([, was], index) => {
    const now = after[index]![1];
    const keys = new Set([...was.keys(), ...now.keys()]);
    return [...keys].flatMap((key) => {
      const [a, b] = [was.get(key), now.get(key)];
      if (a === undefined || b === undefined) return [`${String(key)} is ${a ? "missing" : "new"}`];
      return fields
        .filter((field) => !Object.is(a[field], b[field]))
        .map((field) => `${String(key)}: ${field}`);
    });
  });
}

describe("restoring", () => {
  /** Loads what is loaded late, so that no snapshot takes a first look for a change. */
  function settled(): Snapshot {
    processPlatform.capture(worlds)();
    snapshot();
    return snapshot();
  }

  it("puts every descriptor back as it was, by identity, and can be called twice", () => {
    const before = settled();
    const restore = processPlatform.capture(worlds);
    assert.ok(differences(before, snapshot()).length > 200);
    restore();
    assert.deepEqual(differences(before, snapshot()), []);
    restore();
    assert.deepEqual(differences(before, snapshot()), []);
  });

  it("puts them back when a captured function threw", async () => {
    const before = settled();
    const failing = captured((world) => inside(world, () => fs.readFile(here, nothing)));
    await assert.rejects(failing, Refused);
    assert.deepEqual(differences(before, snapshot()), []);
  });

  it("puts them back when somebody has written to them meanwhile", () => {
    const before = settled();
    const random = Math.random;
    const restore = processPlatform.capture(worlds);
    Math.random = () => 0.5;
    Reflect.deleteProperty(globalThis, "fetch");
    restore();
    assert.equal(Math.random, random);
    assert.deepEqual(differences(before, snapshot()), []);
  });

  it("leaves stand-ins that somebody has kept as the originals are", () => {
    const restore = processPlatform.capture(worlds);
    const kept = Date.now;
    restore();
    const now = kept();
    assert.ok(Math.abs(now - Date.now()) < 10_000);
  });
});

describe("patches", () => {
  function twice(): number {
    return 2;
  }
  const answerThree = (): number => 3;

  it("one function under two names has one stand-in", () => {
    const holder = { a: twice, b: twice };
    const patches = new Patches({ current: () => new FakeWorld(), only: () => null });
    patches.answer(holder, "a", answerThree);
    patches.answer(holder, "b", answerThree);
    patches.answer(holder, "b", () => 4);
    assert.equal(holder.a, holder.b);
    assert.notEqual(holder.a, twice);
    assert.deepEqual([holder.a(), holder.b()], [3, 3]);
    assert.equal(holder.a.name, "twice");
    patches.restore();
    assert.deepEqual([holder.a(), holder.b()], [2, 2]);
  });

  it("an inherited function is replaced where it lives", () => {
    const prototype = { twice };
    const holder = Object.create(prototype) as typeof prototype;
    const patches = new Patches({ current: () => new FakeWorld(), only: () => null });
    patches.answer(holder, "twice", answerThree);
    assert.deepEqual([holder.twice(), Object.keys(holder)], [3, []]);
    patches.restore();
    assert.equal(holder.twice, twice);
  });

  it("an accessor stays one; what is read-only, absent or no function is left alone", () => {
    const holder = {
      get late(): () => number {
        return twice;
      },
      fixed: twice,
      value: 5,
    };
    Object.defineProperty(holder, "fixed", { writable: false, configurable: false });
    const patches = new Patches({ current: () => new FakeWorld(), only: () => null });
    for (const key of ["late", "fixed", "value", "absent"]) patches.answer(holder, key, answerThree);
    patches.answer(undefined, "absent", answerThree);
    assert.equal(holder.late, holder.late);
    assert.deepEqual([holder.late(), holder.fixed(), holder.value], [3, 2, 5]);
    assert.ok(!("absent" in holder));
    patches.restore();
    assert.equal(holder.late, twice);
  });

  it("every property is restored, and the first failure thrown, when one cannot be", () => {
    const holder = { a: twice, b: twice, c: twice };
    const patches = new Patches({ current: () => new FakeWorld(), only: () => null });
    for (const key of ["a", "b", "c"]) patches.answer(holder, key, answerThree);
    Object.defineProperty(holder, "b", { writable: false, configurable: false });
    assert.throws(() => patches.restore(), /cannot restore "b"/);
    assert.deepEqual([holder.a(), holder.c()], [2, 2]);
    assert.doesNotThrow(() => patches.restore());
  });
});
