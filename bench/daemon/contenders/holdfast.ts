import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "../command.ts";
import type { ContenderKind } from "../contender.ts";

const bin = fileURLToPath(new URL("../../../packages/cli/bin/holdfast.js", import.meta.url));

export const holdfast: ContenderKind = {
  name: "holdfast",
  missing: () => undefined,
  make(directory, variables) {
    const home = join(directory, "home");
    const env = { ...variables, HOLDFAST_HOME: home };
    const run = (...args: string[]): Promise<string> =>
      command(process.execPath, [bin, ...args], { cwd: directory, env });
    return {
      async open(apps) {
        const services = apps.map(({ name, argv, restarts }) => [
          name,
          {
            command: argv,
            log: { max_size: "2g" },
            environment: { ...pick(variables, "BENCH_DAEMON_MARK") },
            deploy: { restart_policy: { condition: restarts ? "any" : "none", delay: "0s" } },
          },
        ]);
        const manifest = { name: "bench", services: Object.fromEntries(services) };
        writeFileSync(join(directory, "holdfast.yaml"), JSON.stringify(manifest));
        await run("daemon", "start");
      },
      startAll: async () => void (await run("up", "-d")),
      async countRunning() {
        const lines = (await run("ps")).split("\n");
        return lines.filter((line) => / running /.test(line)).length;
      },
      stopAll: async () => void (await run("down")),
      pid: async () => Number(JSON.parse(await run("daemon", "status", "--json")).pid),
      reopen: async () => void (await run("daemon", "start")),
      logFile: (app) => join(home, "apps/bench", app, "1.log"),
      close: async () => void (await run("daemon", "stop")),
    };
  },
};

function pick(
  variables: Readonly<Record<string, string | undefined>>,
  name: string,
): Readonly<Record<string, string>> {
  const value = variables[name];
  return value === undefined ? {} : { [name]: value };
}
