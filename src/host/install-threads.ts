/** Puts the platform's threads beneath the pools. The entry of `tsyncio/threads` imports this for its effect. */
import { installThreads } from "../threads/platform.ts";
import { workerThreads } from "./threads/worker-threads.ts";

installThreads(workerThreads);
