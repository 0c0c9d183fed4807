import { isAlive, processIdentity } from "@holdfast/platform";
import type { CliEnvironment } from "../cli-environment.ts";
import { type Daemon, isEnding } from "./local-daemon.ts";

const lookMs = 5;
/** From the end of the connection to that of the process, which has nothing left to do then. */
const exitLimitMs = 5_000;

/** Shuts the daemon down and resolves when its process has ended. */
export async function shutDown(
  { clock }: CliEnvironment,
  daemon: Daemon,
  options: { readonly keepApps: boolean },
): Promise<void> {
  const { pid } = await daemon.call("system.info", {});
  const running = pid === process.pid ? undefined : processIdentity(pid);
  try {
    await daemon.call("system.shutdown", { keepApps: options.keepApps });
  } catch (error) {
    // It is ending, by our wish or by somebody else's.
    if (!isEnding(error)) throw error;
  }
  await daemon.closed;
  const deadline = clock.monotonic() + exitLimitMs;
  while (running !== undefined && isAlive(running) && clock.monotonic() < deadline) await clock.sleep(lookMs);
}
