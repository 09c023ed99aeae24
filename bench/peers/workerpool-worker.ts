import workerpool from "workerpool";
import { hashLittle, hashMuch } from "../plain/hash-work.ts";

workerpool.worker({ hashLittle, hashMuch });
