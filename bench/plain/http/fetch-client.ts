/** The global `fetch` of the runtime that this is run with. */
import { drive } from "./driver.ts";

await drive({
  async get(url) {
    const response = await fetch(url);
    return response.text();
  },
  async stream(url) {
    const { body } = await fetch(url);
    let bytes = 0;
    if (body === null) return bytes;
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return bytes;
      bytes += (value as Uint8Array).byteLength;
    }
  },
});
