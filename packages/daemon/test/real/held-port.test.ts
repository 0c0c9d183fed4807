import { createServer, type Server } from "node:net";
import { afterEach, expect, onTestFinished, test } from "vitest";
import type { AppSpec } from "../../src/spec/app-spec.ts";
import { appSpec, probe, projectSpec } from "../fakes/app-spec.ts";
import { type RealDaemon, realDaemon, until } from "./real-daemon.ts";

const daemons: RealDaemon[] = [];
afterEach(async () => {
  for (const each of daemons.splice(0)) await each.end();
});

/** A port that somebody holds who is no app: this process. */
async function held(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 };
}

function checked(port: number, script: string, over: Partial<AppSpec> = {}): AppSpec {
  return appSpec("web", {
    command: { kind: "shell", script, shell: ["/bin/sh", "-c"] },
    environment: { PATH: process.env["PATH"] ?? "" },
    ports: [{ host: "127.0.0.1", port, protocol: "tcp" }],
    healthcheck: {
      ...probe,
      action: { kind: "tcp", host: "127.0.0.1", port },
      intervalMs: 50,
      startIntervalMs: 50,
      failureThreshold: 2,
    },
    ...over,
  });
}

async function healthOf(app: AppSpec, wanted: string): Promise<RealDaemon> {
  const real = await realDaemon();
  daemons.push(real);
  real.daemon.apply(projectSpec([app]));
  await until(
    () => real.daemon.list()[0]?.health === wanted,
    () => JSON.stringify(real.daemon.list()),
  );
  return real;
}

test("an app whose port a stranger holds is not healthy, and the verdict says whose it is", async () => {
  const { port } = await held();
  const real = await healthOf(checked(port, "exec sleep 1000"), "unhealthy");
  const [report] = real.daemon.views.describe({ project: "shop", name: "web" })[0]?.probes ?? [];
  expect(report?.results[0]?.text).toMatch(
    new RegExp(`^port ${port} is held by .+ \\(pid ${process.pid}\\)$`),
  );
  const history = real.daemon.events.read(0).flatMap(({ app }) => app?.health ?? []);
  expect(history).not.toContain("healthy");
});

test("an app that holds its port itself is healthy, also by a child in a session of its own", async () => {
  const { port, server } = await held();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  const listen = `exec setsid ${process.execPath} -e 'require("net").createServer((s) => s.destroy()).listen(${port}, "127.0.0.1")'`;
  const stop = { signal: "SIGTERM", graceMs: 100, leaderOnly: false };
  await healthOf(checked(port, `${listen} & wait`, { stop }), "healthy");
});

test("a check of a port that the app does not say it uses is believed: it may be meant", async () => {
  const { port } = await held();
  await healthOf(checked(port, "exec sleep 1000", { ports: [] }), "healthy");
});
