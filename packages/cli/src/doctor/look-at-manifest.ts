import type { ProjectSpec } from "@holdfast/daemon";
import { formatProblem, loadProject, ManifestError, nodeSources } from "@holdfast/daemon/manifest";
import { processCookie } from "@holdfast/platform";
import { hasManifest } from "../targets/current-project.ts";
import { type Circumstances, type Finding, ok } from "./finding.ts";
import { commandOf, descriptorsOf, pids, readText } from "./proc.ts";

/** The manifest of this directory, and the ports that its apps want. */
export function lookAtManifest(circumstances: Circumstances): readonly Finding[] {
  const check = "manifest";
  const { cli } = circumstances;
  if (!hasManifest(cli.directory)) return ok(check, `none in ${cli.directory}`);
  try {
    const { spec, warnings } = loadProject({ cwd: cli.directory, env: cli.variables }, nodeSources);
    const told = warnings.map(
      (warning): Finding => ({ check, level: "warning", text: formatProblem(warning) }),
    );
    const count = spec.apps.length === 1 ? "1 app" : `${spec.apps.length} apps`;
    return [...ok(check, `${spec.files.join(", ")}: ${count}`), ...told, ...takenPorts(spec)];
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return error.problems.map(
      (problem): Finding => ({
        check,
        level: "problem",
        text: formatProblem(problem),
        means: "up starts nothing until it is right",
        remedy: "holdfast config",
      }),
    );
  }
}

function takenPorts({ apps }: ProjectSpec): readonly Finding[] {
  const check = "ports";
  const wanted = apps.flatMap(({ name, ports }) =>
    ports
      .filter(({ protocol, port }) => protocol === "tcp" && port !== 0)
      .map(({ port }) => ({ name, port })),
  );
  if (wanted.length === 0) return [];
  const listening = listeners();
  const owners = ownersOf(new Set(wanted.flatMap(({ port }) => listening.get(port) ?? [])));
  const taken = wanted.flatMap(({ name, port }): readonly Finding[] => {
    const inodes = listening.get(port);
    if (inodes === undefined) return [];
    const pid = inodes.map((inode) => owners.get(inode)).find((found) => found !== undefined);
    // One of ours, of this home or another.
    if (pid !== undefined && processCookie(pid) !== undefined) return [];
    const whose = pid === undefined ? "by another user's process" : `by pid ${pid} (${commandOf(pid)})`;
    return [
      {
        check,
        level: "problem",
        text: `port ${port} of ${name} is taken ${whose}`,
        means: `${name} cannot listen there`,
        remedy: pid === undefined ? `sudo ss -ltnp sport = :${port}` : `kill ${pid}`,
      },
    ];
  });
  return taken.length > 0
    ? taken
    : ok(check, `${wanted.map(({ port }) => port).join(", ")}: free, or an app's`);
}

/** The inodes of the sockets that listen, by port; from the kernel's tables. */
function listeners(): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (readText(table) ?? "").split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state !== "0A" || inode === undefined) continue;
      const port = Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16);
      found.set(port, [...(found.get(port) ?? []), inode]);
    }
  }
  return found;
}

/** The pid of a process that holds each socket, as far as we may see it. */
function ownersOf(inodes: ReadonlySet<string>): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  if (inodes.size === 0) return owners;
  for (const pid of pids()) {
    for (const target of descriptorsOf(pid)) {
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, Number(pid));
    }
  }
  return owners;
}
