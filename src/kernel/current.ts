import { joinProtocol, type AmbientStore } from "./root-context.ts";
import type { Scope } from "./scope.ts";

/** What another copy of the package may use of the default runtime. */
export interface DefaultRuntime {
  readonly root: Scope;
}

const protocol = joinProtocol<Scope, DefaultRuntime>();
let makeDefault: (() => DefaultRuntime) | null = null;

/** Holds the current scope: entered once per task or scope, read once per wait (law 25). */
export const storage: AmbientStore<Scope> = protocol.storage;

/** The runtime that code outside any `run` belongs to. Made when first needed. */
export function defaultRuntime(): DefaultRuntime {
  return (protocol.runtime ??= makeDefault!());
}

/** Says how the default runtime is made; called once by `runtime.ts`. */
export function setDefaultRuntime(make: () => DefaultRuntime): void {
  makeDefault = make;
}

/** The scope in which the calling code runs. */
export function currentScope(): Scope {
  return storage.getStore() ?? defaultRuntime().root;
}
