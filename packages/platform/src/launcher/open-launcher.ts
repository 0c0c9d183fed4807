import type { Clock } from "@holdfast/runtime";
import { HoldfastError } from "@holdfast/runtime";
import type { RunDirectory } from "../run-directory.ts";
import { isExecutable } from "./is-executable.ts";
import type { Launcher, LauncherKind } from "./launcher.ts";

export interface LauncherOptions {
  readonly runDirectory: RunDirectory;
  readonly clock: Clock;
  /** Without it: `keeper` where there is a perl, else `shim`. */
  readonly kind?: LauncherKind;
}

/**
 * Opens the launcher of this machine. Await `runDirectory.settled()` first when an earlier daemon may have used the
 * same directory. Rejects with `NO_LAUNCHER` where neither perl nor `/bin/sh` with `setsid` is to be had.
 */
export async function openLauncher({ runDirectory, clock, kind }: LauncherOptions): Promise<Launcher> {
  const perl = kind === "shim" ? undefined : findTool("perl");
  if (perl) {
    const { KeeperLauncher } = await import("./keeper.ts");
    return new KeeperLauncher({ runDirectory, clock, perl });
  }
  const setsid = kind === "keeper" ? undefined : findTool("setsid");
  if (setsid) {
    const { ShimLauncher } = await import("./shim.ts");
    return new ShimLauncher({ runDirectory, clock, setsid });
  }
  throw new HoldfastError(
    "NO_LAUNCHER",
    "neither perl nor setsid is installed: install perl-base or util-linux",
  );
}

function findTool(name: string): string | undefined {
  const directories = ["/usr/bin", "/bin", "/usr/local/bin", ...(process.env["PATH"] ?? "").split(":")];
  return directories.map((directory) => `${directory}/${name}`).find(isExecutable);
}
