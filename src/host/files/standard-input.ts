import process from "node:process";
import type { InputListener, StandardInput } from "../../io/files/platform.ts";

/** `process.stdin`: what it is (a pipe, a terminal, a file) decides what it can. */
type Input = typeof process.stdin & { ref?: () => void; unref?: () => void };

export function openStandardInput(listener: InputListener): StandardInput {
  const input: Input = process.stdin;
  input.pause();
  input.on("data", (data: Uint8Array | string) => listener.arrived(bytesOf(data)));
  input.on("end", () => listener.ended());
  input.on("error", (error) => listener.failed(error));
  input.pause();
  if (input.readableEnded) listener.ended();
  return {
    resume(keepsAlive) {
      if (keepsAlive) input.ref?.();
      else input.unref?.();
      input.resume();
    },
    pause() {
      input.pause();
      input.unref?.();
    },
  };
}

/** Text where somebody has set an encoding on the stream. */
function bytesOf(data: Uint8Array | string): Uint8Array {
  if (typeof data === "string") return new TextEncoder().encode(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
