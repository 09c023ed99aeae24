/** Looking into a running program. */
import "./host/install.ts";
export { snapshot, type TreeNode, type WaitSnapshot } from "./kernel/snapshot.ts";
export { formatTree } from "./kernel/tree-text.ts";
