import type { AppSpec, Probe } from "@holdfast/daemon";
import { commandText } from "@holdfast/daemon/command-text";

type Port = AppSpec["ports"][number];

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
