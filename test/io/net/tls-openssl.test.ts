/** TLS against OpenSSL's own client and server, which must be on the PATH. */
import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { describe, it } from "node:test";
import {
  connect,
  listen,
  startTlsServer,
  TlsFailed,
  type ByteStream,
  type Server,
} from "../../../src/io.ts";
import { authority, client, clientAuthority, fixture, local, shop, wildcard } from "./certificates.ts";

const at = { host: "127.0.0.1", port: 0 };

function version(): string | null {
  try {
    return execFileSync("openssl", ["version"], { encoding: "utf8", stdio: "pipe" });
  } catch {
    return null;
  }
}

const skip = version() === null ? "no openssl on the PATH" : false;

/** A program whose output can be waited for. */
class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = "";
  readonly #listeners = new Set<() => void>();

  constructor(...args: string[]) {
    this.#child = spawn("openssl", args, { stdio: "pipe" });
    this.#exited = new Promise((resolve) => this.#child.on("close", resolve));
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (chunk: Uint8Array) => {
        this.#output += new TextDecoder().decode(chunk);
        for (const listener of this.#listeners) listener();
      });
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  get exited(): Promise<unknown> {
    return this.#exited;
  }

  /** Waits until the output matches. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const isDone = this.#exited.then(() => true);
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found !== null) return found;
      const more = Promise.withResolvers<false>();
      const heard = (): void => more.resolve(false);
      this.#listeners.add(heard);
      const isOver = await Promise.race([more.promise, isDone]);
      this.#listeners.delete(heard);
      if (isOver && !pattern.test(this.#output))
        throw new Error(`openssl never said ${pattern}:\n${this.#output}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}

const shout = async (stream: ByteStream): Promise<void> => {
  for await (const line of stream.lines()) await stream.write(`${line.toUpperCase()}\n`);
};

const clientFor = (server: Server, ...args: string[]): Program =>
  new Program(
    "s_client",
    "-connect",
    `127.0.0.1:${server.port}`,
    "-CAfile",
    fixture("authority.pem"),
    ...args,
  );

/** An `s_server` that listens, and its port. */
async function opensslServer(
  ...args: string[]
): Promise<{ readonly program: Program; readonly port: number }> {
  const program = new Program("s_server", "-accept", "127.0.0.1:0", "-naccept", "1", ...args);
  const [, port] = await program.says(/ACCEPT 127\.0\.0\.1:(\d+)/);
  return { program, port: Number(port) };
}

const identity = (name: string): string[] => [
  "-cert",
  fixture(`${name}.pem`),
  "-key",
  fixture(`${name}.key`),
];

describe("Our server, for openssl s_client,", { skip }, () => {
  it("shows a certificate that is verified, and answers", async () => {
    await using server = await listen(at, shout, { tls: local, drainMs: 0 });
    await using program = clientFor(server, "-quiet", "-verify_return_error");
    program.write("hello\n");
    await program.says(/HELLO/);
  });

  it("shows the certificate of the name in SNI, by wildcard too", async () => {
    const tls = { ...local, serverNames: { "shop.test": shop, "*.shop.test": wildcard } };
    await using server = await listen(at, shout, { tls, drainMs: 0 });
    for (const [name, subject] of [
      ["shop.test", "shop"],
      ["cart.shop.test", "wildcard"],
      ["elsewhere.test", "local"],
    ] as const) {
      await using program = clientFor(server, "-servername", name);
      await program.says(new RegExp(`subject=CN ?= ?${subject}\\n`));
    }
  });

  it("agrees on a protocol by ALPN", async () => {
    const tls = { ...local, alpnProtocols: ["h2", "http/1.1"] };
    await using server = await listen(at, shout, { tls, drainMs: 0 });
    await using program = clientFor(server, "-alpn", "http/1.1");
    await program.says(/ALPN protocol: http\/1\.1/);
    await using stranger = clientFor(server, "-alpn", "smtp");
    await stranger.says(/alert no application protocol/i);
  });

  it("speaks TLS 1.2, and nothing older", async () => {
    await using server = await listen(at, shout, { tls: local, drainMs: 0 });
    await using program = clientFor(server, "-tls1_2");
    await program.says(/Protocol {2}: TLSv1\.2|New, TLSv1\.2/);
    await using old = clientFor(server, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
    await old.says(
      /alert protocol version|alert handshake failure|no protocols available|unsupported protocol/i,
    );
  });

  it("asks for the client's certificate, and trusts it", async () => {
    const tls = { ...local, ca: clientAuthority, clientCertificate: "require" } as const;
    const trusts = async (stream: ByteStream): Promise<void> =>
      stream.write(`trusted: ${stream.tls?.isPeerTrusted}\n`);
    await using server = await listen(at, trusts, { tls, drainMs: 0 });
    await using program = clientFor(server, "-quiet", ...identity("client"));
    await program.says(/trusted: true/);
    await using stranger = clientFor(server);
    await stranger.says(/alert certificate required|alert handshake failure|unexpected eof/i);
  });

  it("sends close_notify at the end of its data", async () => {
    await using server = await listen(at, (stream) => stream.write("bye\n"), { tls: local, drainMs: 0 });
    await using program = clientFor(server, "-msg");
    await program.says(/bye/);
    await program.says(/<<<.*Alert[^\n]*\n(?:[^\n]*\n)?\s*01 00|warning close_notify/);
  });

  it("survives a client that asks for another handshake in the middle", async () => {
    await using server = await listen(at, shout, { tls: local, drainMs: 0 });
    await using program = clientFor(server, "-tls1_2");
    await program.says(/New, TLSv1\.2|Protocol {2}: TLSv1\.2/);
    // "R" at the start of a line asks for it. Whether it is granted is the platform's affair.
    program.write("R\n");
    await program.says(/RENEGOTIATING/);
    await using other = clientFor(server, "-quiet");
    other.write("still here\n");
    await other.says(/STILL HERE/);
  });

  it("upgrades a plain connection, as SMTP does", async () => {
    await using server = await listen(
      at,
      async (plain) => {
        await plain.write("220 mail.test ESMTP\r\n");
        await plain.readLine();
        await plain.write("250-mail.test\r\n250 STARTTLS\r\n");
        assert.equal(await plain.readLine(), "STARTTLS");
        await plain.write("220 go ahead\r\n");
        await using stream = await startTlsServer(plain, local);
        await shout(stream);
      },
      { drainMs: 0 },
    );
    await using program = clientFor(server, "-starttls", "smtp", "-quiet");
    program.write("secret\n");
    await program.says(/SECRET/);
  });
});

describe("Our client, at openssl s_server,", { skip }, () => {
  const reach = (port: number, tls: object = {}): Promise<ByteStream> =>
    connect({ host: "localhost", port }, { tls: { ca: authority, ...tls } });

  it("verifies, asks by SNI, and exchanges lines", async () => {
    const named = [
      "-servername",
      "shop.test",
      "-cert2",
      fixture("shop.pem"),
      "-key2",
      fixture("shop.key"),
    ];
    const { program, port } = await opensslServer("-rev", ...identity("local"), ...named);
    await using _ = program;
    await using stream = await reach(port, { serverName: "shop.test" });
    assert.equal(stream.tls?.isPeerTrusted, true);
    await stream.write("hello\n");
    assert.equal(await stream.readLine(), "olleh");
  });

  it("refuses a certificate of another name", async () => {
    const { program, port } = await opensslServer(...identity("shop"));
    await using _ = program;
    await assert.rejects(reach(port), (error) => {
      assert.ok(error instanceof TlsFailed);
      assert.equal(error.systemCode, "ERR_TLS_CERT_ALTNAME_INVALID");
      return true;
    });
  });

  it("agrees on a protocol by ALPN, or fails where there is none in common", async () => {
    const { program, port } = await opensslServer(...identity("local"), "-alpn", "h2,http/1.1");
    await using _ = program;
    await using stream = await reach(port, { alpnProtocols: ["http/1.1"] });
    assert.equal(stream.tls?.alpnProtocol, "http/1.1");
  });

  it("shows its certificate when it is asked for", async () => {
    const asking = ["-Verify", "1", "-verify_return_error", "-CAfile", fixture("client-authority.pem")];
    const { program, port } = await opensslServer("-rev", ...identity("local"), ...asking);
    await using _ = program;
    await using stream = await reach(port, client);
    await stream.write("me\n");
    assert.equal(await stream.readLine(), "em");
  });

  it("reads to the end that the server's close_notify makes", async () => {
    const { program, port } = await opensslServer(...identity("local"));
    await using _ = program;
    await using stream = await reach(port);
    program.write("last words\n");
    assert.equal(await stream.readLine(), "last words");
    // At the start of a line it is the command to close and quit.
    program.write("Q\n");
    assert.equal(await stream.readText(), "");
    await program.exited;
  });
});
