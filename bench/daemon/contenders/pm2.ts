import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "../command.ts";
import type { ContenderKind } from "../contender.ts";

const bin = fileURLToPath(new URL("../node_modules/pm2/bin/pm2", import.meta.url));

export const pm2: ContenderKind = {
  name: "pm2",
  missing: () => (existsSync(bin) ? undefined : "npm ci --prefix bench/daemon"),
  make(directory, variables) {
    const home = join(directory, "home");
    const env = { ...variables, PM2_HOME: home, NO_COLOR: "1", PM2_DISABLE_VERSION_CHECK: "true" };
    const run = (...args: string[]): Promise<string> =>
      command(process.execPath, [bin, ...args], { cwd: directory, env });
    const logFile = (app: string): string => join(directory, `${app}.out`);
    return {
      async open(apps) {
        const list = apps.map(({ name, argv: [script, ...args], restarts }) => ({
          name,
          script,
          args,
          interpreter: "none",
          autorestart: restarts,
          min_uptime: 0,
          vizion: false,
          pmx: false,
          out_file: logFile(name),
        }));
        writeFileSync(join(directory, "ecosystem.json"), JSON.stringify({ apps: list }));
        await run("ping");
      },
      startAll: async () => void (await run("start", "ecosystem.json")),
      countRunning: async () =>
        (await run("list")).split("\n").filter((line) => / online /.test(line)).length,
      stopAll: async () => void (await run("stop", "all")),
      pid: () => Promise.resolve(Number(readFileSync(join(home, "pm2.pid"), "utf8"))),
      reopen: async () => void (await run("resurrect")),
      logFile,
      close: async () => void (await run("kill")),
      save: async () => void (await run("save", "--force")),
    };
  },
};
