import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { openFilesLimit } from "@holdfast/platform";
import { type Circumstances, type Finding, ok } from "./finding.ts";
import { descriptorsOf, pids, readNumber, readText } from "./proc.ts";

export function lookAtNode(): readonly Finding[] {
  const { node } = process.versions;
  if (Number(node.split(".")[0]) >= 24) return ok("node", `version ${node}`);
  return [
    {
      check: "node",
      level: "problem",
      text: `version ${node}; 24 or newer is needed`,
      remedy: "npm install node@24",
    },
  ];
}

/** What starts the apps and sees them end. */
export function lookAtKeeper({ cli }: Circumstances): readonly Finding[] {
  const check = "keeper";
  if (isInstalled(cli.variables, "perl")) return ok(check, "perl starts the apps and sees them end");
  if (isInstalled(cli.variables, "setsid")) {
    return [
      {
        check,
        level: "warning",
        text: "there is no perl; sh and setsid start the apps",
        means: "users, limits and notifications of apps do not work, and starts are slower",
        remedy: "sudo apt install perl-base",
      },
    ];
  }
  return [
    {
      check,
      level: "problem",
      text: "there is neither perl nor setsid",
      means: "no app can be started",
      remedy: "sudo apt install perl-base",
    },
  ];
}

/** What holds the tree of an app together, and limits it. */
export function lookAtCgroups({ cli }: Circumstances): readonly Finding[] {
  const check = "cgroups";
  const instead =
    "trees are ended by group, parents and a mark in the environment, and limits are not enforced";
  if (cli.variables["HOLDFAST_CGROUP"] === "off") {
    return [
      {
        check,
        level: "warning",
        text: "HOLDFAST_CGROUP=off",
        means: instead,
        remedy: "unset HOLDFAST_CGROUP",
      },
    ];
  }
  const mount = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((path) =>
    existsSync(join(path, "cgroup.controllers")),
  );
  const own = /^0::(\/.*)$/m.exec(readText("/proc/self/cgroup") ?? "")?.[1];
  if (mount === undefined || own === undefined) {
    return [{ check, level: "warning", text: "there is no cgroup of version 2 here", means: instead }];
  }
  const version = mount.endsWith("unified") ? "version 2 beside 1" : "version 2";
  if (canWrite(join(mount, own)) && canWrite(join(mount, own, "cgroup.procs"))) {
    return ok(check, `${version}, and this session may make its own`);
  }
  return [
    {
      check,
      level: "warning",
      text: `${version}, but ${own} is not delegated to you`,
      means: `a daemon that is started from here does without: ${instead}`,
      remedy: "systemd-run --user --scope -p Delegate=yes holdfast daemon start",
    },
  ];
}

const leastInstances = 64;
const leastWatches = 4_096;

/** What the daemon is woken by. */
export function lookAtInotify(): readonly Finding[] {
  const check = "inotify";
  const instances = readNumber("/proc/sys/fs/inotify/max_user_instances");
  const watches = readNumber("/proc/sys/fs/inotify/max_user_watches");
  if (instances === undefined || watches === undefined)
    return [{ check, level: "warning", text: "the kernel has none", means: "exits are seen by a poll" }];
  const used = pids().reduce(
    (sum, pid) => sum + descriptorsOf(pid).filter((name) => name.includes("inotify")).length,
    0,
  );
  const text = `${used} of ${instances} instances are in use, ${watches} watches may be`;
  const means = "without one, exits and changed files are seen by a poll, later";
  if (instances < leastInstances || used > instances * 0.9) {
    return [
      { check, level: "warning", text, means, remedy: "sudo sysctl fs.inotify.max_user_instances=1024" },
    ];
  }
  if (watches < leastWatches)
    return [
      { check, level: "warning", text, means, remedy: "sudo sysctl fs.inotify.max_user_watches=65536" },
    ];
  return ok(check, text);
}

const fewFiles = 4_096;

/** Of the daemon, where one runs: a client and an app each take some. */
export function lookAtOpenFiles({ daemon }: Circumstances): readonly Finding[] {
  const check = "open files";
  const text = daemon === undefined ? undefined : readText(`/proc/${daemon.system.pid}/limits`);
  const read = /^Max open files\s+(\d+)/m.exec(text ?? "")?.[1];
  const limit = read === undefined ? openFilesLimit() : Number(read);
  const whose = read === undefined ? "a daemon started from here" : "the daemon";
  if (limit === undefined || limit >= fewFiles)
    return ok(check, `${whose} may have ${limit ?? "any number"}`);
  return [
    {
      check,
      level: limit < 256 ? "problem" : "warning",
      text: `${whose} may have only ${limit}`,
      means: "beyond it, clients are turned away and apps are not started",
      remedy: "ulimit -Hn 65536 && holdfast daemon stop --keep-apps && holdfast daemon start",
    },
  ];
}

const dayMs = 86_400_000;
/** Holdfast is younger than that. */
const earliest = Date.UTC(2025, 0, 1);

/** Schedules, log times and certificates need one that is about right. */
export function lookAtClock({ cli, home }: Circumstances): readonly Finding[] {
  const check = "clock";
  const now = cli.clock.now();
  const remedy = "timedatectl status";
  if (now < earliest) {
    return [
      {
        check,
        level: "problem",
        text: `it says ${new Date(now).toISOString()}`,
        means: "schedules run at wrong times",
        remedy,
      },
    ];
  }
  const written = statSync(join(home, "state.db"), { throwIfNoEntry: false })?.mtimeMs;
  if (written !== undefined && written > now + dayMs) {
    const ahead = new Date(written).toISOString();
    return [
      {
        check,
        level: "warning",
        text: `the state was written at ${ahead}, which is yet to come`,
        means: "the clock was set back: schedules wait until then",
        remedy,
      },
    ];
  }
  return ok(check, `${new Date(now).toISOString()}, ${Intl.DateTimeFormat().resolvedOptions().timeZone}`);
}

/** Only told: this version runs processes. */
export function lookAtEngine({ cli: { variables } }: Circumstances): readonly Finding[] {
  const runtime = variables["XDG_RUNTIME_DIR"];
  const sockets = [
    "/run/podman/podman.sock",
    "/var/run/docker.sock",
    ...(runtime === undefined ? [] : [join(runtime, "podman/podman.sock"), join(runtime, "docker.sock")]),
  ];
  const check = "containers";
  const listening = sockets.filter((path) => existsSync(path));
  if (listening.length > 0) return ok(check, `an engine listens at ${listening.join(", ")}`);
  if (isInstalled(variables, "podman")) return ok(check, "podman is installed");
  const client = isInstalled(variables, "docker") ? " (docker is here, and nothing behind it)" : "";
  return ok(check, `no engine${client}; processes need none`);
}

/** Whether something starts the daemon after a reboot. */
export function lookAtUnit({ cli: { variables }, daemon }: Circumstances): readonly Finding[] {
  const check = "systemd";
  if (!existsSync("/run/systemd/system"))
    return ok(check, "does not run here, so something else starts the daemon after a reboot");
  const { HOME: user = "/" } = variables as { readonly HOME?: string };
  const units = [
    join(user, ".config/systemd/user/holdfast.service"),
    "/etc/systemd/user/holdfast.service",
    "/etc/systemd/system/holdfast.service",
  ];
  const unit = units.find((path) => existsSync(path));
  if (unit === undefined) {
    const remedy =
      "mkdir -p ~/.config/systemd/user && holdfast daemon unit > ~/.config/systemd/user/holdfast.service && systemctl --user enable --now holdfast";
    const isLasting = daemon !== undefined && !daemon.system.onDemand;
    return [
      {
        check,
        level: isLasting ? "warning" : "ok",
        text: "no unit is installed: nothing starts the daemon after a reboot",
        ...(isLasting && { remedy }),
      },
    ];
  }
  const { USER: name = "root" } = variables as { readonly USER?: string };
  if (unit.includes("/user/") && !existsSync(join("/var/lib/systemd/linger", name))) {
    return [
      {
        check,
        level: "warning",
        text: `${unit} is installed, but runs only while ${name} is logged in`,
        remedy: "loginctl enable-linger",
      },
    ];
  }
  return ok(check, `${unit} is installed`);
}

function isInstalled({ PATH: path }: Readonly<Record<string, string | undefined>>, name: string): boolean {
  return (path ?? "").split(delimiter).some((directory) => directory !== "" && canRun(join(directory, name)));
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
