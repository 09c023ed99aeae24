/** What tests of concurrent programs need. */
import "./host/install.ts";
export { virtual, type VirtualTime } from "./testing/virtual.ts";
