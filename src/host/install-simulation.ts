/** Puts the platform beneath simulations. The entry of `tsyncio/testing` imports this for its effect. */
import { installSimulationPlatform } from "../testing/platform.ts";
import { processPlatform } from "./simulation-platform.ts";

installSimulationPlatform(processPlatform);
