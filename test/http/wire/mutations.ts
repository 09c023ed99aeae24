/** Changes of messages, drawn from a seed: those that smugglers try, and any other. */

/** Numbers from 0 to below 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Pieces that have a meaning somewhere in a message. */
const pieces = [
  "\r\n", "\r", "\n", " ", "\t", ":", ",", ";", "\0", "\x0b", "\x7f", "\x80", "\xa0", "\xb2", "\xff", '"', "\\", "#", "?", "/", "*", "%",
  "0", "1", "5", "a", "f", "x", "+", "-", "_", "0x", "1e1", "\r\n\r\n", "0\r\n\r\n", "5\r\nhello\r\n", ";a=b", ';a="b"', "chunked",
  "gzip", "identity", "close", "keep-alive", "upgrade", "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Content-Length: 6\r\n",
  "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n", "Connection: upgrade\r\n",
  "Upgrade: websocket\r\n", "Expect: 100-continue\r\n", "Host: a.example\r\n", "Host: b.example\r\n", "X: y\r\n", " folded\r\n",
  "HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "GET", "HEAD", "POST", "CONNECT", "OPTIONS", "http://a.example", "a.example:80",
  "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "204", "304", "101", "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
]; // prettier-ignore

/** One of `seeds`, changed in up to four places. */
export function mutated(seeds: readonly string[], random: () => number): Uint8Array {
  let text = pick(seeds, random);
  const changes = 1 + Math.floor(random() * 4);
  for (let count = 0; count < changes; count++) text = changed(text, seeds, random);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function changed(text: string, seeds: readonly string[], random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  const length = Math.floor(random() * 4);
  switch (Math.floor(random() * 8)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + text.slice(at + length);
    case 3:
      return withLine(text, random);
    case 4:
      return text + pick(seeds, random);
    case 5:
      return swapped(text, random);
    default:
      return text.slice(0, at) + pick(pieces, random) + text.slice(at + (length > 2 ? length : 0));
  }
}

/** With a whole line more, or twice, where a line begins. */
function withLine(text: string, random: () => number): string {
  const lines = text.split("\r\n");
  const at = Math.floor(random() * lines.length);
  const line = random() < 0.5 ? (lines[at] ?? "") : pick(pieces, random).replace("\r\n", "");
  lines.splice(at, 0, line);
  return lines.join("\r\n");
}

/** With two of its lines exchanged. */
function swapped(text: string, random: () => number): string {
  const lines = text.split("\r\n");
  const [left, right] = [Math.floor(random() * lines.length), Math.floor(random() * lines.length)];
  [lines[left], lines[right]] = [lines[right] as string, lines[left] as string];
  return lines.join("\r\n");
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}
