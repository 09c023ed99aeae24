/** The server of Deno: `deno run -A deno-serve.ts`. */
import { answerQuestions, usage } from "../answering.ts";
import { handle } from "./web.ts";

declare const Deno: {
  serve(
    options: { hostname: string; port: number; onListen: () => void },
    handler: (request: Request) => Response | Promise<Response>,
  ): { readonly addr: { readonly port: number } };
};

const { addr } = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handle);
await answerQuestions({ port: addr.port }, usage);
