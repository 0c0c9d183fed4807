#!/usr/bin/env node
// Plain JavaScript that an old Node can read too: it looks for a new enough one before anything else is loaded.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const oldest = 24;
const self = fileURLToPath(import.meta.url);

if (Number(process.versions.node.split(".")[0]) >= oldest) {
  start();
} else {
  restartWith(newerNode());
}

function start() {
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  // A checkout also has the sources, which Node reads as they are: they are run when the bundle is older than they are.
  const command = isCurrent() ? import("../bundle/index.js") : import("../src/index.ts");
  void command.then(({ run }) => run(self));
}

/** True where the bundle is all there is, or was made of the sources as they are now. */
function isCurrent() {
  const directory = fileURLToPath(new URL("../bundle/", import.meta.url));
  try {
    if (!existsSync(new URL("../src/index.ts", import.meta.url))) return true;
    const sources = JSON.parse(readFileSync(`${directory}sources.json`, "utf8"));
    return sources.every(([file, mtimeMs, size]) => {
      const now = statSync(directory + file);
      return now.mtimeMs === mtimeMs && now.size === size;
    });
  } catch {
    return false;
  }
}

/** The binary of the npm package `node`, which brings one where the system's is too old. */
function newerNode() {
  try {
    const path = nodeModule.createRequire(import.meta.url).resolve("node/package.json");
    const binary = path.replace(/package\.json$/, process.platform === "win32" ? "bin/node.exe" : "bin/node");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

function restartWith(node) {
  if (node === undefined || process.env.HOLDFAST_RESTARTED !== undefined) {
    process.stderr.write(
      `holdfast: Node ${oldest} or newer is needed, and this is ${process.versions.node}\n` +
        `  install it, or add it to this project: npm install node@${oldest}\n`,
    );
    process.exit(2);
  }
  const child = spawn(node, [self, ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, HOLDFAST_RESTARTED: "1" },
  });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const forward = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  child.on("error", (error) => {
    process.stderr.write(`holdfast: ${node} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    for (const name of signals) process.off(name, forward);
    if (signal !== null) process.kill(process.pid, signal);
    else process.exit(code);
  });
}
