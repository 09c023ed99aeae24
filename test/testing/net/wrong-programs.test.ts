/** Programs that are wrong about networks, in the ways that are met in practice. Each is found, and told in one fault. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep, withTaskGroup } from "../../../src/index.ts";
import { bindUdp, connect, ConnectionReset, listen, type ByteStream } from "../../../src/io.ts";
import { explore, Tape, type SimulateOptions, type Simulation } from "../../../src/testing.ts";
import { failureOf } from "../failure-of.ts";

const PORT = 80;

/** Runs `body` on a host of its own while another one serves. */
function against(
  t: Simulation,
  handler: (stream: ByteStream) => unknown,
  body: () => Promise<void>,
): Promise<void> {
  const [server, client] = [t.host("server"), t.host("client")];
  return withTaskGroup(async (group) => {
    await group.startService("server", (ready) =>
      server.run(async () => {
        await using _ = await listen({ port: PORT }, handler, { onError: () => {} });
        ready(undefined);
        await sleep(Infinity);
      }),
    );
    await client.run(body);
  });
}

/** A server that adds what it is sent, and a client that wants to have sent it once. */
function deposit(remembers: boolean): (t: Simulation) => Promise<void> {
  return async (t) => {
    let balance = 0;
    const known = new Set<string>();
    const serve = async (stream: ByteStream): Promise<void> => {
      const line = await stream.readLine();
      if (line === null) return;
      const [id = "", amount = ""] = line.split(" ");
      if (!known.has(id)) balance += Number(amount);
      if (remembers) known.add(id);
      await stream.write("ok\n");
    };
    await against(t, serve, async () => {
      for (;;) {
        try {
          await using stream = await connect({ host: "server", port: PORT });
          await stream.write("d1 10\n");
          if ((await stream.readLine()) === "ok") return;
        } catch (error) {
          if (!(error instanceof ConnectionReset)) throw error;
          await sleep(10);
        }
      }
    });
    assert.equal(balance, 10);
  };
}

/** A server that wants numbers, a line each. */
function numbers(
  read: (stream: ByteStream, take: (line: string) => void) => Promise<void>,
): (t: Simulation) => Promise<void> {
  return async (t) => {
    const got: string[] = [];
    const serve = (stream: ByteStream): Promise<void> => read(stream, (line) => got.push(line));
    await against(t, serve, async () => {
      await using stream = await connect({ host: "server", port: PORT });
      for (const line of ["1234\n", "5678\n"]) {
        await stream.write(line);
        await sleep(50);
      }
      await stream.end();
      await stream.readAll();
    });
    assert.deepEqual(got, ["1234", "5678"]);
  };
}

const byChunk = numbers(async (stream, take) => {
  for await (const chunk of stream) take(new TextDecoder().decode(chunk).trim());
});

const byLine = numbers(async (stream, take) => {
  for await (const line of stream.lines()) take(line);
});

/** Counts datagrams, and takes the last one that comes for the last one that was sent. */
async function lastValue(t: Simulation): Promise<void> {
  const [meter, reader] = [t.host("meter"), t.host("reader")];
  let last = "";
  await withTaskGroup(async (group) => {
    const ready = await group.startService<void>("reader", (tell) =>
      reader.run(async () => {
        await using socket = await bindUdp({ host: "0.0.0.0", port: PORT });
        tell();
        for await (const { bytes } of socket) last = new TextDecoder().decode(bytes);
      }),
    );
    await meter.run(async () => {
      await using socket = await bindUdp({ host: "0.0.0.0", port: 0 });
      for (const value of ["1", "2"]) await socket.send(value, { host: "reader", port: PORT });
    });
    await sleep(100);
    return ready;
  });
  assert.equal(last, "2");
}

const reset: SimulateOptions = { runs: 1_000, faults: { network: { reset: true } } };

describe("A program that is wrong about networks", () => {
  it("sends again after a reset, though it may have been heard: found, and shrunk to one reset", async () => {
    const failure = await failureOf(reset, deposit(false));
    assert.equal(failure.kind, "error");
    assert.equal(failure.tape.deviations.length, 1);
    assert.match(failure.message, /20 !== 10/);
    assert.match(
      failure.message,
      /except step \d+: the connection (server:80 > client|client > server:80) is reset/,
    );
    assert.match(failure.message, /fault: reset/);
    await explore({ ...reset, runs: 150 }, deposit(true));
  });

  it("takes what read() gives for a message: found without any fault, in one choice", async () => {
    const failure = await failureOf({ runs: 1_000 }, byChunk);
    assert.equal(failure.kind, "error");
    assert.equal(failure.tape.deviations.length, 1);
    assert.match(failure.message, /client > server:80 delivers 5 bytes as \d and \d/);
    await explore({ runs: 150 }, byLine);
  });

  it("takes the datagram that comes last for the one that was sent last: found in one choice", async () => {
    const failure = await failureOf({ runs: 1_000 }, lastValue);
    assert.equal(failure.tape.deviations.length, 1);
    assert.match(failure.message, /except step \d+: (a packet of )?meter datagrams at/);
  });

  it("is replayed by its tape, to the last event", async () => {
    const failure = await failureOf(reset, deposit(false));
    const tape = Tape.parse(failure.tape.toString());
    assert.deepEqual(tape.faults.network, {
      reset: true,
      stall: false,
      partition: false,
      loss: false,
      copies: false,
    });
    const again = await failureOf({ tape }, deposit(false));
    const table = (text: string): string =>
      text.slice(text.indexOf(" step |"), text.indexOf("To replay"));
    assert.equal(table(again.message), table(failure.message));
  });
});
