/** The server of Bun: `bun run bun-serve.ts`. */
import { answerQuestions, usage } from "../answering.ts";
import { handle } from "./web.ts";

declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    idleTimeout: number;
    fetch: (request: Request) => Response | Promise<Response>;
  }): { readonly port: number };
};

const { port } = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 255, fetch: handle });
await answerQuestions({ port }, usage);
