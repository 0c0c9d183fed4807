import { afterEach, expect, test } from "vitest";
import type { Usage } from "../../src/api/contract.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { type RealDaemon, realDaemon, until } from "./real-daemon.ts";

const daemons: RealDaemon[] = [];
afterEach(async () => {
  for (const each of daemons.splice(0)) await each.end();
});

const environment = { PATH: process.env["PATH"] ?? "" };
const shell = (script: string) => ({ kind: "shell", script, shell: ["/bin/sh", "-c"] }) as const;

test.each([{ cgroups: false }, { cgroups: true }])(
  "what apps use is seen: a busy one, an idle one with a child, and nothing of a stopped one ($cgroups)",
  async (options) => {
    const real = await realDaemon(options);
    daemons.push(real);
    await real.daemon.resume();
    const apps = [
      appSpec("busy", { command: shell("while :; do :; done"), environment }),
      appSpec("idle", { command: shell("sleep 1000 & wait"), environment }),
      appSpec("off", { disabled: true }),
    ];
    real.daemon.apply(projectSpec(apps));
    const heard: Usage[] = [];
    const leave = real.daemon.usage.follow(undefined, (usages) => heard.push(...usages));
    const last = (name: string): Usage | undefined => heard.findLast((usage) => usage.name === name);
    await until(
      () => typeof last("busy")?.cpus === "number" && typeof last("idle")?.cpus === "number",
      () => JSON.stringify(heard),
    );
    leave();
    expect(last("busy")?.cpus).toBeGreaterThan(0.02);
    expect(last("busy")?.cpus).toBeLessThan(1.2);
    expect(last("idle")?.cpus).toBeLessThan(0.02);
    expect(last("idle")?.processes).toBe(2);
    expect(last("idle")?.memoryBytes).toBeGreaterThan(100_000);
    expect(last("off")).toBeUndefined();
    expect(real.daemon.usage.read([{ project: "shop", name: "busy" }]).length).toBeGreaterThan(1);
  },
);
