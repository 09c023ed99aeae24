/** What every HTTP client of the benchmarks does, whatever it is: small GETs by so many loops at a time, or one big body. */
import { answerQuestions, type Question } from "../answering.ts";
import { greeting } from "./work.ts";

export interface Client {
  /** Gives the text of an answer. */
  get(url: string): Promise<string>;
  /** Reads a body as it comes, and gives its size. */
  stream(url: string): Promise<number>;
}

async function getMany(
  client: Client,
  url: string,
  requests: number,
  concurrency: number,
): Promise<object> {
  let left = requests;
  const loop = async (): Promise<void> => {
    while (left-- > 0) {
      const text = await client.get(url);
      if (text !== greeting) throw new Error(`the answer is "${text}"`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  return { requests };
}

async function streamOne(client: Client, url: string, expected: number): Promise<object> {
  const began = performance.now();
  const bytes = await client.stream(url);
  if (bytes !== expected) throw new Error(`${bytes} bytes came instead of ${expected}`);
  return { ms: performance.now() - began };
}

/** Answers `{ port, requests, concurrency }` and `{ port, bytes }`. */
export function drive(client: Client): Promise<never> {
  return answerQuestions({}, async ({ port, requests, concurrency = 1, bytes = 0 }: Question) => {
    const origin = `http://127.0.0.1:${port}`;
    try {
      if (requests !== undefined) return await getMany(client, `${origin}/hello`, requests, concurrency);
      return await streamOne(client, `${origin}/bytes/${bytes}`, bytes);
    } catch (error) {
      return { failed: String(error) };
    }
  });
}
