/** Our client, on whichever runtime this is run with. */
import { HttpClient } from "../../../src/http.ts";
import { drive } from "./driver.ts";

await using http = new HttpClient();

await drive({
  get: (url) => http.get(url).text(),
  async stream(url) {
    const response = await http.get(url);
    let bytes = 0;
    for await (const chunk of response.body) bytes += chunk.byteLength;
    return bytes;
  },
});
