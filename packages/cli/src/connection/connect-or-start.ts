import type { CliEnvironment } from "../cli-environment.ts";
import { type Daemon, tryAnswering } from "./local-daemon.ts";

/** The daemon of this home; where none runs one is started, which ends by itself when nothing needs it. */
export async function connectOrStart(cli: CliEnvironment): Promise<Daemon> {
  const there = await tryAnswering(cli);
  if (there !== undefined) return there;
  const { startDaemon } = await import("./start-daemon.ts");
  return await startDaemon(cli, { onDemand: true }).ready;
}
