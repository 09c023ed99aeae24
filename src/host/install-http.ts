/** Puts the platform beneath HTTP. The entry of `tsyncio/http` imports this for its effect. */
import { installHttpPlatform } from "../http/platform.ts";
import { nodeHttp } from "./http/node-http.ts";

installHttpPlatform(nodeHttp);
