/** `undici.request` on a pool of as many connections as there are loops. */
import { Pool } from "undici";
import { drive } from "../../plain/http/driver.ts";

let pool: Pool | null = null;

function request(url: string): Promise<Awaited<ReturnType<Pool["request"]>>> {
  const at = url.indexOf("/", 8);
  pool ??= new Pool(url.slice(0, at), { connections: 64 });
  return pool.request({ method: "GET", path: url.slice(at) });
}

await drive({
  async get(url) {
    const { body } = await request(url);
    return body.text();
  },
  async stream(url) {
    const { body } = await request(url);
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    return bytes;
  },
});
