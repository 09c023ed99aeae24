/** Installs the peers into bench/node_modules, where they are missing or others than the lock file says. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));

/** @returns what kept the peers from being installed, or null. */
export function installPeers(): string | null {
  if (isInstalled()) return null;
  console.error("bench: installing the peers (npm ci in bench/)");
  try {
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    execFileSync(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: folder,
      stdio: ["ignore", 2, 2],
    });
    return null;
  } catch (error) {
    return `the peers could not be installed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function isInstalled(): boolean {
  const done = `${folder}node_modules/.package-lock.json`;
  return existsSync(done) && statSync(done).mtimeMs >= statSync(`${folder}package-lock.json`).mtimeMs;
}

/** The peers with their versions, as package.json pins them. */
export function peerVersions(): string[] {
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as {
    dependencies: Record<string, string>;
  };
  return Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
}
