import { spawn } from "node:child_process";
import { ShutdownToken } from "@holdfast/runtime";
import type { CliEnvironment } from "../cli-environment.ts";

const patienceMs = 3_000;
/** Programs that open a URL in the user's browser, where there is a display. */
const openers = ["xdg-open", "gio"] as const;

/** True where there is a display that a browser could appear on. */
export function hasDisplay(variables: Readonly<Record<string, string | undefined>>): boolean {
  const { DISPLAY: x11, WAYLAND_DISPLAY: wayland } = variables as {
    readonly DISPLAY?: string;
    readonly WAYLAND_DISPLAY?: string;
  };
  return (x11 ?? "") !== "" || (wayland ?? "") !== "";
}

/** Opens a URL in the user's browser. Resolves with false where nothing that can do that is there, or it failed. */
export async function openBrowser(
  url: string,
  { variables, clock }: Pick<CliEnvironment, "variables" | "clock">,
): Promise<boolean> {
  if (!hasDisplay(variables)) return false;
  for (const opener of openers) {
    const args = opener === "gio" ? ["open", url] : [url];
    // One that goes on is the browser itself.
    const late = new ShutdownToken();
    const opened = await Promise.race([
      runs(opener, args, variables),
      clock.sleep(patienceMs, late).then(() => true),
    ]);
    late.cancel({ kind: "requested-by-run" });
    if (opened) return true;
  }
  return false;
}

function runs(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "ignore", detached: true, env });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
    child.unref();
  });
}
