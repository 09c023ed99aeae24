// A gateway: it asks two services at once, within a limit, and when its client leaves, both are told to stop.
import { all, allSettled, Event, run, sleep } from "tsyncio";
import { HttpClient, HttpError, serve, type HttpRequest } from "tsyncio/http";

const loopback = { host: "127.0.0.1" };
let queries = 0;
const bothStopped = new Event();

async function stock({ query }: HttpRequest): Promise<object> {
  queries++;
  try {
    await sleep(query.get("item") === "pen" ? 10 : 60_000);
    return { pieces: 3 };
  } finally {
    queries--;
    if (queries === 0) bothStopped.set();
  }
}

await run(async () => {
  await using service = await serve(stock, loopback);
  await using http = new HttpClient({ baseUrl: service.url, throwOnStatus: true });

  async function item({ path }: HttpRequest): Promise<object> {
    if (!/^\/[a-z]+$/.test(path)) throw new HttpError(404, "no such item");
    const query = { item: path.slice(1) };
    const [here, there] = await all([
      () => http.get("/here", { query }).json(),
      () => http.get("/there", { query }).json(),
    ]);
    return { here, there };
  }

  await using gateway = await serve(item, { ...loopback, handlerMs: 5_000 });
  await using client = new HttpClient({ baseUrl: gateway.url });

  console.log(await client.get("/pen").text());
  const missing = await client.get("/no/such/item");
  console.log(missing.status, await missing.text());

  bothStopped.clear();
  await allSettled([
    () => client.get("/ink", { firstByteMs: 50 }), // gives up, and leaves
    () => bothStopped.wait(),
  ]);
  console.log(`${queries} queries running`);
});
