/** Puts the platform beneath the kernel. Every entry file imports this for its effect. */
import { installHost } from "../kernel/runtime.ts";
import { PlatformHost } from "./platform-host.ts";
import { ignoreUnhandledCancellations } from "./unhandled-rejections.ts";

installHost(new PlatformHost());
ignoreUnhandledCancellations();
