/** Puts the platform beneath sockets, files and processes. The entry of `tsyncio/io` imports this for its effect. */
import { installFilePlatform } from "../io/files/platform.ts";
import { installNetwork } from "../io/net/network.ts";
import { installProcessPlatform } from "../io/process/platform.ts";
import { nodeFiles } from "./files/file-platform.ts";
import { PlatformNetwork } from "./net/platform-network.ts";
import { platformProcesses } from "./process/platform-processes.ts";

installNetwork(new PlatformNetwork());
installFilePlatform(nodeFiles);
installProcessPlatform(platformProcesses);
