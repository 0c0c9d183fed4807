import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Clock } from "@holdfast/runtime";
import { makeDirectories } from "../make-directories.ts";

/**
 * One cgroup (v2), holding the tree of one run: nothing that is born in it leaves it without being root.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export class Cgroup {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** True while a process that is not a zombie is in it or below it; false when it is gone. */
  get populated(): boolean {
    return /^populated 1$/m.test(readOrNothing(join(this.path, "cgroup.events")));
  }

  /** The processes in it and below it. */
  processes(): readonly number[] {
    const own = readOrNothing(join(this.path, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
    return [...own, ...this.#below().flatMap((child) => child.processes())];
  }

  /** Sends SIGKILL to all of it, at one stroke where the kernel can (5.14). */
  kill(): void {
    try {
      writeFileSync(join(this.path, "cgroup.kill"), "1");
    } catch {
      for (const pid of this.processes()) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // Gone in between, which is what was wanted.
        }
      }
    }
  }

  /** Removes it once it is empty; what the dead leave behind takes the kernel a moment. False if it had to stay. */
  async remove(clock: Clock): Promise<boolean> {
    for (let tries = 0; tries < 20; tries++) {
      if (this.#tryRemove()) return true;
      await clock.sleep(5);
    }
    return false;
  }

  #tryRemove(): boolean {
    // Nearly always there is nothing below it, and looking first would be what it costs.
    if (isRemoved(this.path)) return true;
    for (const child of this.#below()) child.#tryRemove();
    return isRemoved(this.path) || !existsSync(this.path);
  }

  #below(): readonly Cgroup[] {
    try {
      const entries = readdirSync(this.path, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => new Cgroup(join(this.path, name)));
    } catch {
      return [];
    }
  }
}

/** The place below which the cgroups of one home lie: `holdfast-NAME` in the cgroup of this process. */
export class CgroupHome {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes the cgroup of a run. Throws what the system throws. */
  create(cookie: string): Cgroup {
    const path = join(this.path, cookie);
    try {
      mkdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      makeDirectories(path);
    }
    return new Cgroup(path);
  }

  /**
   * The cgroup of a run that an earlier daemon made, which may have been started from elsewhere: then only a process
   * of the run can tell.
   */
  find(cookie: string, pid?: number): Cgroup | undefined {
    const path = join(this.path, cookie);
    if (existsSync(path)) return new Cgroup(path);
    const other = pid === undefined ? undefined : cgroupPathOf(pid);
    const ours = other && basename(other) === cookie && basename(dirname(other)) === basename(this.path);
    return ours ? new Cgroup(other) : undefined;
  }

  /** The cookies that have a cgroup here. */
  list(): readonly string[] {
    const entries = readdirSync(this.path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  }

  /** Removes the place, if no run is left in it. */
  remove(): boolean {
    try {
      rmdirSync(this.path);
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * Tries once whether cgroups can be made here, and makes the home's. `undefined` where they cannot, or where
 * `HOLDFAST_CGROUP` is `off`. `name` keeps homes apart.
 */
export function openCgroupHome(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): CgroupHome | undefined {
  const within = env["HOLDFAST_CGROUP"] === "off" ? undefined : cgroupPathOf("self");
  if (!within) return undefined;
  // With `DelegateSubgroup=holdfast-daemon` systemd gives us what lies above, and only there can anything be limited:
  // a cgroup with processes of its own hands no controllers down.
  const own = basename(within) === "holdfast-daemon" ? dirname(within) : within;
  const home = new CgroupHome(join(own, `holdfast-${name}`));
  try {
    // To move a process one must be allowed to write where it comes from, too.
    accessSync(join(own, "cgroup.procs"), constants.W_OK);
    const probe = home.create(`probe-${process.pid}`);
    accessSync(join(probe.path, "cgroup.procs"), constants.W_OK);
    const type = readFileSync(join(probe.path, "cgroup.type"), "latin1").trim();
    rmdirSync(probe.path);
    return type === "domain" ? home : undefined;
  } catch {
    return undefined;
  }
}

function cgroupPathOf(pid: number | "self"): string | undefined {
  const mount = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((path) =>
    existsSync(join(path, "cgroup.controllers")),
  );
  const path = /^0::(\/.*)$/m.exec(readOrNothing(`/proc/${pid}/cgroup`))?.[1];
  // A path with `..` lies outside of what our namespace shows.
  return mount && path && !path.includes("..") ? join(mount, path) : undefined;
}

function isRemoved(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
