import type { AppSpec, Command, Probe } from "@holdfast/daemon";

type Port = AppSpec["ports"][number];

/** A command as one would type it. */
export function commandText(command: Command): string {
  switch (command.kind) {
    case "exec":
      return command.argv.map(quoted).join(" ");
    case "shell":
      return command.script;
  }
}

/** The addresses that an app listens on; as a URL where a probe shows that it speaks HTTP there. */
export function whereToLook(app: AppSpec): readonly string[] {
  return app.ports
    .filter(({ protocol, port }) => protocol === "tcp" && port !== 0)
    .map((port) => {
      const host =
        port.host === "0.0.0.0" || port.host === "::" || port.host === "" ? "127.0.0.1" : port.host;
      const address = `${host.includes(":") ? `[${host}]` : host}:${port.port}`;
      return speaksHttp(app, port) ? `http://${address}` : address;
    });
}

function speaksHttp({ healthcheck, readiness, liveness }: AppSpec, { port }: Port): boolean {
  return [healthcheck, readiness, liveness].some((probe) => probe !== undefined && asksByHttp(probe, port));
}

function asksByHttp({ action }: Probe, port: number): boolean {
  switch (action.kind) {
    case "http":
      return new RegExp(`^http://[^/]+:${port}(?:/|$)`).test(action.url);
    case "exec":
      return new RegExp(`http://[^/\\s]+:${port}\\b`).test(commandText(action.command));
    case "tcp":
      return false;
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
