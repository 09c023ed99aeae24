import fs from "node:fs";
import { basename } from "node:path";
import type { WatchListener } from "../../io/files/platform.ts";

/** Watches a path. The platform names a changed file from the watched directory; for a watched file it gives that one's own name. */
export function watchFiles(path: string, recursive: boolean, listener: WatchListener): () => void {
  const isDirectory = fs.statSync(path).isDirectory();
  const watcher = fs.watch(path, { recursive });
  watcher.on("change", (event, name) => {
    const named = typeof name === "string" ? name : null;
    listener.changed(isDirectory ? named : ownName(path, named), event === "rename");
  });
  watcher.on("error", (error) => listener.failed(error));
  return () => watcher.close();
}

function ownName(path: string, name: string | null): string | null {
  return name === null || name === basename(path) ? "" : name;
}
