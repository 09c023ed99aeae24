/** Assertions about concurrent code. They work in real time as well as under virtual time. */
import { checkFunction, show } from "../base/check.ts";
import { openScope } from "../kernel/cancel-scope.ts";
import { cancelScope } from "../kernel/cancel.ts";
import { currentScope } from "../kernel/current.ts";
import { runIn } from "../kernel/leave.ts";
import type { Scope } from "../kernel/scope.ts";
import { childrenOf, snapshotOf } from "../kernel/snapshot.ts";
import { formatTree } from "../kernel/tree-text.ts";
import { NoCancellationPoint, StillAlive } from "./errors.ts";

/**
 * Calls `operation` in a cancelled scope, and throws unless it throws that scope's cancellation, as every async function that
 * takes part in cancellation must (law 21), whether or not it has to wait.
 *
 * @throws {NoCancellationPoint} when it returned, or threw something else.
 * @example
 * import { checkpoint } from "tsyncio";
 * import { assertCancellationPoint } from "tsyncio/testing";
 * await assertCancellationPoint(() => checkpoint());
 * try {
 *   await assertCancellationPoint(async function busy() {});
 * } catch (error) {
 *   console.log((error as Error).name); // NoCancellationPoint
 * }
 */
export async function assertCancellationPoint(operation: () => unknown): Promise<void> {
  checkFunction("operation of assertCancellationPoint", operation);
  const scope = openScope("assertCancellationPoint");
  cancelScope(scope, "to see whether the operation notices");
  const ending = await runIn(scope, operation);
  if (ending.kind === "cancelled" && ending.cancelled === scope.cancelled) return;
  if (ending.kind === "cancelled") throw ending.cancelled;
  const name = operation.name === "" ? "the operation" : operation.name;
  const result =
    ending.kind === "value" ? `returned ${show(ending.value)}` : `threw ${show(ending.error)}`;
  throw new NoCancellationPoint(name, result);
}

/**
 * Throws when anything of the runtime is alive besides the calling code and the scopes around it: tasks, background tasks included,
 * scopes, and waits.
 *
 * @throws {StillAlive} with the tree.
 * @example
 * import { currentRuntime, sleep } from "tsyncio";
 * import { assertNothingAlive, virtual } from "tsyncio/testing";
 * await virtual(async () => {
 *   assertNothingAlive();
 *   currentRuntime().background.spawn(() => sleep(1));
 *   try {
 *     assertNothingAlive();
 *   } catch (error) {
 *     console.log((error as Error).name); // StillAlive
 *   }
 * })();
 */
export function assertNothingAlive(): void {
  const around = new Set<Scope>();
  let root = currentScope();
  around.add(root);
  while (root.parent !== null) {
    root = root.parent;
    around.add(root);
  }
  for (const scope of around) {
    const others = childrenOf(scope).filter((child) => !around.has(child) && !isIdleBackground(child));
    if (others.length > 0 || (scope.firstWait !== null && scope === currentScope()))
      throw new StillAlive(formatTree(snapshotOf(root)));
  }
}

function isIdleBackground(scope: Scope): boolean {
  return scope.name === "background" && scope.parent?.parent === null && scope.isEmpty;
}
