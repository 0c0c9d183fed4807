import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command } from "../command.ts";
import type { ContenderKind } from "../contender.ts";
import { until } from "../processes.ts";

const daemon = "/usr/bin/supervisord";
/** What `supervisorctl status` exits with when a program does not run. */
const notAllRun = 3;

export const supervisord: ContenderKind = {
  name: "supervisord",
  missing: () => (existsSync(daemon) ? undefined : "apt-get install supervisor"),
  make(directory, variables) {
    const file = join(directory, "supervisord.conf");
    const pidFile = join(directory, "supervisord.pid");
    const env = (autostart: boolean): Record<string, string | undefined> => ({
      ...variables,
      AUTOSTART: String(autostart),
    });
    const control = (...args: string[]): Promise<string> =>
      command("/usr/bin/supervisorctl", ["-c", file, ...args], {
        cwd: directory,
        env: env(false),
        mayExitWith: [notAllRun],
      });
    const start = (autostart: boolean): Promise<string> =>
      command(daemon, ["-c", file], { cwd: directory, env: env(autostart) });
    const logFile = (app: string): string => join(directory, `${app}.out`);
    return {
      async open(apps) {
        const socket = join(directory, "control.sock");
        const programs = apps.map(
          ({ name, argv, restarts }) => `[program:${name}]
command=${argv.join(" ")}
autostart=%(ENV_AUTOSTART)s
autorestart=${restarts}
startsecs=0
stdout_logfile=${logFile(name)}
stdout_logfile_maxbytes=0
`,
        );
        const head = `[supervisord]
pidfile=${pidFile}
logfile=${join(directory, "supervisord.log")}
childlogdir=${directory}
minfds=4096
[unix_http_server]
file=${socket}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${socket}
`;
        writeFileSync(file, head + programs.join(""));
        await start(false);
      },
      startAll: async () => void (await control("start", "all")),
      async countRunning() {
        const lines = (await control("status")).split("\n");
        return lines.filter((line) => / RUNNING /.test(line)).length;
      },
      stopAll: async () => void (await control("stop", "all")),
      pid: () => Promise.resolve(Number(readFileSync(pidFile, "utf8"))),
      reopen: async () => void (await start(true)),
      logFile,
      async close() {
        await control("shutdown");
        await until("supervisord has ended", () => !existsSync(pidFile));
      },
    };
  },
};
