import { ThreadWorker } from "poolifier";
import { hashLittle, hashMuch } from "../plain/hash-work.ts";

export const worker: ThreadWorker<string, string> = new ThreadWorker<string, string>({
  hashLittle: (record) => hashLittle(record ?? ""),
  hashMuch: (record) => hashMuch(record ?? ""),
});
