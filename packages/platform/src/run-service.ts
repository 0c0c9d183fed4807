import {
  describeError,
  describePending,
  processExitCode,
  Service,
  type ServiceHandle,
  type ServiceOptions,
} from "@holdfast/runtime";
import { type RunMainOptions, runMain, say } from "./run-main.ts";

/**
 * A service as a whole program: `runMain` with its signals, where a second one names the hook and the tasks that hang,
 * each with its age. Exits with `processExitCode`: 0, 1, or 75 when it is to be started again; what failed is said on
 * stderr. If its lifecycle has `reload`, SIGHUP reloads in place instead of ending it.
 */
export function runService(options: Omit<ServiceOptions, "shutdown">): Promise<never> {
  let handle: ServiceHandle | undefined;
  const onReload = async () => {
    const end = await handle?.reload();
    if (end?.kind === "failed") say(describeError(end.error));
  };
  const main: RunMainOptions = {
    hung: () => handle?.pending().map(describePending) ?? [],
    ...(options.lifecycle.reload && { onHangup: () => void onReload() }),
    ...(options.clock && { clock: options.clock }),
  };
  return runMain(async (token) => {
    const service = new Service({ ...options, shutdown: token });
    handle = service.handle();
    // It rejects with what the status tells as well.
    service.start().catch(() => {});
    const status = await handle.waitForExit();
    if (status.error) say(describeError(status.error));
    return processExitCode(status);
  }, main);
}
